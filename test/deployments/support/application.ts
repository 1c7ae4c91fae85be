import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HOME = join(import.meta.dirname, '..')

const { dependencies: versions } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
}

export interface ApplicationOptions {
  readonly tarball: string
  /** The folder in which the application gets a folder of its own. The caller removes it. */
  readonly parent: string
  /** What to install besides Halyard, in the version that `test/deployments/package-lock.json` names. */
  readonly packages: readonly string[]
}

/** Installs the packed Halyard and other packages by npm, as a user would. Returns the application's folder. */
export function createApplication({ tarball, parent, packages }: ApplicationOptions): string {
  const folder = mkdtempSync(join(parent, 'application-'))
  const dependencies = Object.fromEntries(packages.map((name) => [name, versionOf(name)]))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: { ...dependencies, halyard: tarball } }),
  )
  addLock(folder)
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--silent']
  execFileSync('npm', ['install', ...flags], { cwd: folder, stdio: 'pipe' })
  return folder
}

/** Copies the lock into an application. npm takes its versions for what it installs, and leaves out the rest. */
export function addLock(folder: string): void {
  cpSync(join(HOME, 'package-lock.json'), join(folder, 'package-lock.json'))
}

/** Returns the version of a package that the deployment suites install. */
export function versionOf(name: string): string {
  const version = versions[name]
  if (version === undefined) throw new Error(`${name} is not in test/deployments/package.json`)
  return version
}

/** Returns the path of a file that the `npm ci` of this folder installed. */
export function installedFile(path: string): string {
  return join(HOME, 'node_modules', path)
}
