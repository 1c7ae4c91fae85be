import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defineConfig } from 'vitest/config'
import config from '../../vitest.config.ts'
import { type PackageForm, ROOT } from './entries.ts'
import { packageTests } from './selection.ts'

// `npm run test:package` runs suites on the built package, in both forms. Node.js itself loads all files, tests included, so
// a built file is loaded as in an application.
const { projects: _, ...settings } = config.test ?? {}
const include = [...(await packageTests())]
const hooks = pathToFileURL(join(import.meta.dirname, 'hooks.ts')).href

export default defineConfig({
  root: ROOT,
  test: {
    ...settings,
    projects: (['modules', 'commonjs'] satisfies PackageForm[]).map((form) => ({
      extends: true,
      test: {
        name: form,
        include,
        pool: 'forks',
        execArgv: [`--import=${hooks}?form=${form}`],
        experimental: { viteModuleRunner: false },
        setupFiles: join(import.meta.dirname, 'setup.ts'),
        provide: { packageForm: form },
      },
    })),
  },
})
