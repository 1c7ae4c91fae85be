import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const cache = join(root, 'node_modules/.cache/halyard-dist')
/** The files on which the build depends. */
const INPUTS = [
  'package.json',
  'package-lock.json',
  'tsconfig*.json',
  'scripts/build.ts',
  'src/**',
  'types/**',
]

export interface Installation {
  /** Directory of the application. It can import `halyard` and the requested packages, but nothing else of this tree. */
  readonly directory: string
  remove(): void
}

/** Installs the built package in a directory of its own, as for a user. It has no dependencies. */
export function installPackage(besides: readonly string[] = []): Installation {
  const home = mkdtempSync(join(tmpdir(), 'halyard-installed-'))
  const halyard = join(home, 'node_modules/halyard')
  const directory = join(home, 'application')
  mkdirSync(halyard, { recursive: true })
  mkdirSync(directory)
  cpSync(join(root, 'package.json'), join(halyard, 'package.json'))
  link(besides, directory)
  cpSync(builtPackage(), join(halyard, 'dist'), { recursive: true })
  return { directory, remove: () => rmSync(home, { recursive: true, force: true }) }
}

/** Returns a folder with the built package. It is built once for all test files, and again only if an input has changed. */
function builtPackage(): string {
  const hash = createHash('sha256')
  for (const path of globSync(INPUTS, { cwd: root }).toSorted()) {
    if (statSync(join(root, path)).isFile()) hash.update(path).update(readFileSync(join(root, path)))
  }
  const folder = join(cache, hash.digest('hex'))
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const earlier = readdirSync(cache)
  // Another test file may build at the same time: each uses a folder of its own, and the first one to finish is kept.
  const building = mkdtempSync(join(cache, 'building-'))
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), building])
  try {
    renameSync(building, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    rmSync(building, { recursive: true })
  }
  for (const name of earlier) {
    if (!name.startsWith('building-')) rmSync(join(cache, name), { recursive: true, force: true })
  }
  return folder
}

function link(names: readonly string[], directory: string): void {
  for (const name of names) {
    const path = join(directory, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), path)
  }
}
