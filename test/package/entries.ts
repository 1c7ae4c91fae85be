import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT: string = join(import.meta.dirname, '../..')

/** The form of the built code: modules (`.js`), or CommonJS (`.cjs`). */
export type PackageForm = 'modules' | 'commonjs'

/** The source file of an entry point and its built files, as paths in the repository. */
export interface PackageEntry {
  readonly source: string
  readonly built: Readonly<Record<PackageForm, string>>
}

interface Target {
  readonly require: { readonly default: string }
  readonly default: { readonly default: string }
}

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | Target>>
}

/** The entry points of package.json. The first one is `halyard` itself. */
export const ENTRIES: readonly PackageEntry[] = Object.values(exports).flatMap((target) => {
  if (typeof target === 'string') return []
  const modules = target.default.default.replace('./', '')
  const commonjs = target.require.default.replace('./', '')
  return [{ source: modules.replace(/^dist\/(.*)\.js$/, 'src/$1.ts'), built: { modules, commonjs } }]
})

/**
 * Sources that tests use as they are, on the other side of a connection or of a database: they serve flags, encode the events
 * of the service, and read and write rows.
 */
const OTHER_SIDE =
  /^src\/(async|protocol|layout)\/|^src\/(big-segments\/big-segments|model\/change-set|server\/flag-server)\.ts$/

/**
 * Returns the entry point from which a test gets the names of a source file, or `undefined` if it uses the source. An entry
 * point stands for the files in its folder, and `halyard` for all others.
 */
export function entryOf(source: string): PackageEntry | undefined {
  if (!source.startsWith('src/') || OTHER_SIDE.test(source)) return undefined
  const [main, ...others] = ENTRIES
  return others.find((entry) => source.startsWith(entry.source.replace(/[^/]+$/, ''))) ?? main
}
