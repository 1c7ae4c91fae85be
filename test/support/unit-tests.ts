import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Modules that start processes, open sockets, drive a browser, or replace the network. */
const SLOW_MODULES: ReadonlySet<string> = new Set([
  'node:child_process',
  'node:http',
  'node:http2',
  'node:https',
  'node:net',
  'node:tls',
  'dynalite',
  'ioredis',
  'msw',
  'playwright-core',
])

/** Parts of the repository that listen at a port or take long. */
const SLOW_PATHS = /^(test\/simulation\/|src\/cli\/dev\.ts$)/

/**
 * Returns the test files of the fast lane, `npm run test:unit`, as paths in the repository: those that import nothing slow,
 * neither directly nor through a helper under `test` or `scripts`. Files that replace modules (`vi.mock`) are excluded too,
 * because unit tests share their modules.
 */
export function unitTests(): readonly string[] {
  return globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/deployments/**'] })
    .filter((path) => !isSlow(path, new Set()))
    .toSorted()
}

function isSlow(path: string, seen: Set<string>): boolean {
  if (seen.has(path)) return false
  seen.add(path)
  if (/\bvi\.mock\(/.test(textOf(path))) return true
  return importsOf(path).some((specifier) => {
    if (!specifier.startsWith('.')) return SLOW_MODULES.has(specifier)
    const target = relative(root, join(root, dirname(path), specifier))
    return SLOW_PATHS.test(target) || (/^(test|scripts)\/.*\.ts$/.test(target) && isSlow(target, seen))
  })
}

/** Returns the specifiers of a file's imports, without those of types alone. */
function importsOf(path: string): readonly string[] {
  const statements = /^(?:import|export) (?!type )(?:[^'";]* from )?'([^']+)'|\bimport\('([^']+)'/gm
  return [...textOf(path).matchAll(statements)].map(([, named, dynamic]) => (named ?? dynamic) as string)
}

const texts = new Map<string, string>()

function textOf(path: string): string {
  let text = texts.get(path)
  if (text === undefined) {
    text = readFileSync(join(root, path), 'utf8')
    texts.set(path, text)
  }
  return text
}
