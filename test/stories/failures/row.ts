import { seededRandom } from '../../../scripts/herd/random.ts'
import type { Failure } from './failure.ts'
import { type FailureResult, runFailure } from './run-failure.ts'

const SEEDS = 20

/** Returns the checked cells of a row of docs/failures.md. Ranges cover the least and the greatest jitter, and random seeds. */
export async function rowOf(failure: Failure): Promise<string[]> {
  const longest = await runFailure(failure, () => 0)
  const shortest = await runFailure(failure, () => 1 - Number.EPSILON)
  const runs: FailureResult[] = [longest, shortest]
  for (let seed = 1; seed <= SEEDS; seed++) runs.push(await runFailure(failure, seededRandom(seed)))
  return [
    failure.name,
    longest.served,
    longest.states.join(', '),
    longest.errors.join(', ') || 'none',
    range(runs.map(({ freshMs }) => freshMs)),
    range(runs.map(({ backMs }) => backMs)),
  ]
}

function range(durationsMs: readonly number[]): string {
  const shortest = seconds(Math.min(...durationsMs))
  const longest = seconds(Math.max(...durationsMs))
  return shortest === longest ? `${shortest} s` : `${shortest}–${longest} s`
}

/** Formats milliseconds as seconds, rounded to half a second, or to a second from 100 s on. */
function seconds(ms: number): string {
  const step = ms < 100_000 ? 500 : 1_000
  return String((Math.round(ms / step) * step) / 1_000)
}
