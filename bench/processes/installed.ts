import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** Packages in folders of their own, as an application has them after `npm install`. */
export interface Installed {
  /** The folder with Halyard's tarball and its dependencies. */
  readonly halyard: string
  /** The folder with the packages of `bench/field`. */
  readonly field: string
  /** The tarball of Halyard. */
  readonly tarball: string
}

/** Installs packages once in a run, when a benchmark needs them first. */
export class Packages {
  #folder?: string
  #installed?: Promise<Installed>

  /** Builds, packs and installs Halyard, and installs the packages of `bench/field`. */
  installed(): Promise<Installed> {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'halyard-bench-'))
    this.#installed ??= install(this.#folder)
    return this.#installed
  }

  remove(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function install(folder: string): Promise<Installed> {
  const [halyard, field] = [join(folder, 'halyard'), join(folder, 'field')]
  const tarball = await pack(folder)
  mkdirSync(halyard)
  writeFileSync(join(halyard, 'package.json'), '{ "private": true, "type": "module" }\n')
  await npm(halyard, 'install', '--ignore-scripts', '--no-package-lock', tarball)
  mkdirSync(field)
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(root, 'bench/field', name), join(field, name))
  await npm(field, 'ci', '--ignore-scripts')
  for (const each of [halyard, field]) {
    cpSync(join(import.meta.dirname, 'programs'), join(each, 'programs'), { recursive: true })
  }
  return { halyard, field, tarball }
}

/** Resolves with the path of the tarball. npm builds the package first (`prepack`). */
async function pack(folder: string): Promise<string> {
  await npm(root, 'pack', '--pack-destination', folder)
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  if (name === undefined) throw new Error('npm pack made no tarball')
  return join(folder, name)
}

async function npm(cwd: string, ...args: readonly string[]): Promise<void> {
  await run('npm', [...args, '--silent', '--no-audit', '--no-fund', '--prefer-offline'], { cwd })
}
