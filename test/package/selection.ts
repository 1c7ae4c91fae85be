import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ENTRIES, entryOf, type PackageEntry, ROOT } from './entries.ts'

/** Folders of suites that use the public interface. Other tests have their subject in the sources. */
const SUITES =
  'test/{big-segments,client,contract,contract-service,launchdarkly,openfeature,relay,store,stories,testing}/**/*.test.ts'

/**
 * Returns the test files that run on the built package: of the suites, those which, with their helpers, import only what its
 * entry points export, and sources of the other side. Returns none if the package is not built, because knip loads the
 * configuration of these tests, too.
 */
export async function packageTests(): Promise<readonly string[]> {
  if (!ENTRIES.every(({ built }) => existsSync(join(ROOT, built.modules)))) return []
  const exported = new Map<PackageEntry, ReadonlySet<string>>()
  for (const entry of ENTRIES) {
    const module = (await import(pathToFileURL(join(ROOT, entry.built.modules)).href)) as object
    exported.set(entry, new Set(Object.keys(module)))
  }
  return globSync(SUITES, { cwd: ROOT })
    .filter((path) => {
      // A mock replaces a module of Node.js for sources only.
      if (readFileSync(join(ROOT, path), 'utf8').includes('vi.mock(')) return false
      const imports = [...importsFrom(path, new Set())].flatMap(({ source, name }) => {
        const entry = entryOf(source)
        return entry ? [{ entry, name }] : []
      })
      return imports.length > 0 && imports.every(({ entry, name }) => exported.get(entry)?.has(name))
    })
    .toSorted()
}

interface ImportedName {
  readonly source: string
  readonly name: string
}

/** Yields the values that a file under `test` and its helpers import from other folders. */
function* importsFrom(path: string, seen: Set<string>): Generator<ImportedName> {
  if (seen.has(path)) return
  seen.add(path)
  const statements = /^(?:import|export) (?!type )(?:([^'";]*) from )?'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm
  for (const [, clause, named, dynamic] of readFileSync(join(ROOT, path), 'utf8').matchAll(statements)) {
    const target = join(dirname(path), (named ?? dynamic) as string)
    if (/^test\/.*\.ts$/.test(target)) yield* importsFrom(target, seen)
    else for (const name of valuesIn(clause ?? '')) yield { source: target, name }
  }
}

/** Returns the names of values in a clause such as `{ createClient, type FlagClient }`; `*` if it names none. */
function valuesIn(clause: string): readonly string[] {
  const [, names] = /^\{([^}]*)\}$/.exec(clause.trim()) ?? []
  if (names === undefined) return ['*']
  return names
    .split(',')
    .map((name) => name.trim().replace(/ as .*/, ''))
    .filter((name) => name !== '' && !name.startsWith('type '))
}
