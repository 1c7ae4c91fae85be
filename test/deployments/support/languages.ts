import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Requirement } from '../../support/requirements/requirement.ts'

type Command = readonly [program: string, ...args: string[]]

/** Returns a requirement that is met if these commands succeed in an empty folder. */
function languageOf({
  commands,
  ...rest
}: Omit<Requirement, 'isAvailable'> & { readonly commands: readonly Command[] }): Requirement {
  return {
    ...rest,
    isAvailable() {
      const folder = mkdtempSync(join(tmpdir(), 'halyard-language-'))
      try {
        for (const [program, ...args] of commands) execFileSync(program, args, { cwd: folder, stdio: 'pipe' })
        return true
      } catch {
        return false
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

export const PYTHON: Requirement = languageOf({
  name: 'python',
  remedy: 'Install Python 3 with venv and pip; the package index must be reachable.',
  commands: [
    ['python3', '-m', 'venv', 'venv'],
    ['venv/bin/pip', 'download', '--quiet', '--no-deps', 'launchdarkly-server-sdk'],
  ],
})

export const GO: Requirement = languageOf({
  name: 'go',
  remedy: 'Install Go and put it on PATH; the module proxy must be reachable.',
  commands: [
    ['go', 'mod', 'init', 'test'],
    ['go', 'get', 'github.com/launchdarkly/go-server-sdk/v7'],
  ],
})
