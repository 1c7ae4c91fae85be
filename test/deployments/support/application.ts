import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
}

export interface ApplicationOptions {
  readonly tarball: string
  /** The folder in which the application gets a folder of its own. The caller removes it. */
  readonly parent: string
  /** What to install besides Halyard, in the version that `test/deployments/package.json` names. */
  readonly packages: readonly string[]
}

/** Installs the packed Halyard and other packages by npm, as a user would. Returns the application's folder. */
export function createApplication({ tarball, parent, packages }: ApplicationOptions): string {
  const folder = mkdtempSync(join(parent, 'application-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const specifiers = packages.map((name) => {
    const version = dependencies[name]
    if (version === undefined) throw new Error(`${name} is not in test/deployments/package.json`)
    return `${name}@${version}`
  })
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--silent']
  execFileSync('npm', ['install', ...flags, tarball, ...specifiers], { cwd: folder, stdio: 'pipe' })
  return folder
}
