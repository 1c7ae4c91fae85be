import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')

export interface Installation {
  /** Directory of the application. It can import `halyard` and the requested packages, but nothing else of this tree. */
  readonly directory: string
  remove(): void
}

/** Installs the built package with its dependencies in a directory of its own, as for a user. */
export function installPackage(besides: readonly string[] = []): Installation {
  const home = mkdtempSync(join(tmpdir(), 'halyard-installed-'))
  const halyard = join(home, 'node_modules/halyard')
  const directory = join(home, 'application')
  mkdirSync(halyard, { recursive: true })
  mkdirSync(directory)
  cpSync(join(root, 'package.json'), join(halyard, 'package.json'))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: object
  }
  link(Object.keys(manifest.dependencies), home)
  link(besides, directory)
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), join(halyard, 'dist')])
  return { directory, remove: () => rmSync(home, { recursive: true, force: true }) }
}

function link(names: readonly string[], directory: string): void {
  for (const name of names) {
    const path = join(directory, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), path)
  }
}
