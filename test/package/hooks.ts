import { registerHooks } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { entryOf, type PackageForm, ROOT } from './entries.ts'

/**
 * `node --import 'hooks.ts?form=FORM'`: files under `test` that import a source file get the built file of its entry point. The
 * command is the built one too; it exists as modules only. Processes that a test starts inherit this by NODE_OPTIONS.
 */
const form = new URL(import.meta.url).searchParams.get('form') as PackageForm

const COMMAND = 'src/cli/main.ts'
const BUILT_COMMAND = 'dist/cli/main.js'

/** The files that Node.js has loaded, as paths in the repository, for `setup.ts`. */
const loaded = new Set<string>()
Object.assign(globalThis, { halyardLoadedFiles: loaded })
process.env.NODE_OPTIONS = `--import=${import.meta.url}`

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    if (/^(src|dist)\//.test(pathOf(context.parentURL ?? ''))) return resolved
    const path = pathOf(resolved.url)
    const built = path === COMMAND ? BUILT_COMMAND : entryOf(path)?.built[form]
    if (built === undefined) return resolved
    const format = built.endsWith('.cjs') ? 'commonjs' : 'module'
    return { url: pathToFileURL(join(ROOT, built)).href, format, shortCircuit: true }
  },
  load(url, context, next) {
    loaded.add(pathOf(url))
    return next(url, context)
  },
})

function pathOf(url: string): string {
  return url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url
}
