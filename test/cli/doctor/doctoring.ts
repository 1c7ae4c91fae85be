import { expect } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { type CheckResult, Checkup } from '../../../src/cli/doctor/checks.ts'
import { running } from '../running.ts'

export const SDK_KEY = 'sdk-11112222-3333-4444-5555-66667777abcd'

export interface Diagnosis {
  readonly status: number
  readonly checks: readonly CheckResult[]
  /** The only check with this name. */
  readonly of: (id: CheckResult['id']) => CheckResult
  /** `name verdict` of each check. */
  readonly verdicts: readonly string[]
}

/** Runs `halyard doctor --json` without other variables than those of `env`. */
export async function doctoring(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Diagnosis> {
  const { status, stdout, stderr } = await running(['doctor', '--json', ...args], env)
  expect(stderr).toBe('')
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly CheckResult[] }
  return { status, ...listed(checks) }
}

export function listed(checks: readonly CheckResult[]): Omit<Diagnosis, 'status'> {
  return {
    checks,
    of(id) {
      const [found, ...others] = checks.filter((each) => each.id === id)
      expect(others).toEqual([])
      if (!found) throw new Error(`there is no check ${id}`)
      return found
    },
    verdicts: checks.map(({ id, verdict }) => `${id} ${verdict}`),
  }
}

/** Returns a checkup, with `clock` as the only deviation from the system. */
export function checkupWith(clock = systemClock, timeoutMs = 60_000): Checkup {
  const { signal } = new AbortController()
  return new Checkup({ clock, timeoutMs, signal, onResults() {} })
}
