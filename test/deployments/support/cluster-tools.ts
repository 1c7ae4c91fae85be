import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isExecutable, type Requirement } from '../../support/requirements/requirement.ts'

/** A program that `scripts/install-go-tools.sh` installs, or one on `PATH`. */
export interface Tool extends Requirement {
  /** Runs the program to its end, with these variables only besides `PATH` and `HOME`. */
  readonly run: (args: readonly string[], variables?: Readonly<Record<string, string>>) => Outcome
}

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const { HALYARD_CACHE, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env
const FOLDER = join(HALYARD_CACHE ?? join(XDG_CACHE_HOME, 'halyard'), 'go-tools')

function goTool(name: string): Tool {
  const path = join(FOLDER, name)
  return {
    name,
    remedy: 'Run scripts/install-go-tools.sh, which needs Go and its module proxy.',
    isAvailable: () => isExecutable(path),
    run: (args, variables = {}) => outcomeOf(path, args, variables),
  }
}

function outcomeOf(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Outcome {
  const { PATH = '', HOME = '' } = process.env
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { PATH, HOME, ...variables },
    maxBuffer: 64 * 2 ** 20,
  })
  return { code: status, out: stdout, err: stderr }
}

export const HELM: Tool = goTool('helm')
/** The parser of `docker compose`, which prints the configuration that results from a file. */
export const COMPOSE: Tool = goTool('compose-config')

/** The schemas of Kubernetes, which refuse unknown fields. */
export interface ManifestSchemas extends Requirement {
  /** Returns the objects of the manifests that do not match, with the reasons. */
  readonly problemsOf: (path: string) => readonly string[]
  /** Removes what was installed. */
  readonly remove: () => void
}

const SCHEMAS = 'kubernetes-validate==1.37.0'

export const MANIFEST_SCHEMAS: ManifestSchemas = manifestSchemas()

function manifestSchemas(): ManifestSchemas {
  let folder: string | undefined
  const remove = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  return {
    name: 'python',
    remedy: 'Install Python 3 with venv and pip; the package index must be reachable.',
    isAvailable() {
      folder = mkdtempSync(join(tmpdir(), 'halyard-manifests-'))
      try {
        execFileSync('python3', ['-m', 'venv', 'venv'], { cwd: folder, stdio: 'pipe' })
        const flags = ['--quiet', '--disable-pip-version-check', '--no-compile']
        execFileSync('venv/bin/pip', ['install', ...flags, SCHEMAS], { cwd: folder, stdio: 'pipe' })
        return existsSync(join(folder, 'venv/bin/kubernetes-validate'))
      } catch {
        remove()
        return false
      }
    },
    problemsOf(path) {
      const command = join(folder ?? '', 'venv/bin/kubernetes-validate')
      const { code, out, err } = outcomeOf(command, ['--strict', '--quiet', path], {})
      const lines = `${out}${err}`.split('\n').filter((line) => line.trim() !== '')
      return code === 0 && lines.length === 0 ? [] : [`exit code ${code}`, ...lines]
    },
    remove,
  }
}
