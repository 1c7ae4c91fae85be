import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Requirement } from '../../support/requirements/requirement.ts'
import { type Ended, run } from './runtime.ts'

const HOME = join(import.meta.dirname, '..')

/** A language with LaunchDarkly's SDK, installed from the package index of the language. */
export interface Language extends Requirement {
  /** Runs a program that uses the SDK. */
  readonly run: (program: string) => Promise<Ended>
  /** Removes what was installed. */
  readonly remove: () => void
}

interface Toolchain {
  readonly name: string
  readonly remedy: string
  /** Installs the SDK in an empty folder. Throws if that is impossible. */
  readonly install: (folder: string) => void
  readonly file: string
  /** Returns the command that runs `file`. */
  readonly command: (folder: string) => readonly [command: string, ...args: string[]]
}

function languageOf({ name, remedy, install, file, command }: Toolchain): Language {
  let folder: string | undefined
  const remove = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  return {
    name,
    remedy,
    isAvailable() {
      folder = mkdtempSync(join(tmpdir(), `halyard-${name}-`))
      try {
        install(folder)
        return true
      } catch {
        remove()
        return false
      }
    },
    run(program) {
      if (folder === undefined) throw new Error(`${name} is not installed`)
      writeFileSync(join(folder, file), program)
      const [executable, ...args] = command(folder)
      return run(executable, args, { cwd: folder, env: { PYTHONUNBUFFERED: '1' } })
    },
    remove,
  }
}

export const PYTHON: Language = languageOf({
  name: 'python',
  remedy: 'Install Python 3 with venv and pip; the package index must be reachable.',
  install(folder) {
    const options = { cwd: folder, stdio: 'pipe' } as const
    execFileSync('python3', ['-m', 'venv', 'venv'], options)
    const flags = ['--quiet', '--disable-pip-version-check']
    execFileSync('venv/bin/pip', ['install', ...flags, '-r', join(HOME, 'python/requirements.txt')], options)
  },
  file: 'program.py',
  command: (folder) => [join(folder, 'venv/bin/python'), 'program.py'],
})

export const GO: Language = languageOf({
  name: 'go',
  remedy:
    'Install Go, in the version of test/deployments/go/go.mod or newer; the module proxy must be reachable.',
  install(folder) {
    for (const name of ['go.mod', 'go.sum']) cpSync(join(HOME, 'go', name), join(folder, name))
    execFileSync(go(), ['mod', 'download'], { cwd: folder, stdio: 'pipe' })
  },
  file: 'main.go',
  command: () => [go(), 'run', '.'],
})

/** Returns the command of Go, whose usual folder is not on every PATH. */
function go(): string {
  const usual = '/usr/local/go/bin/go'
  return existsSync(usual) ? usual : 'go'
}
