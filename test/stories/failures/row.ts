import { seededRandom } from '../../../scripts/herd/random.ts'
import type { Failure } from './failure.ts'
import { type Suffered, suffer } from './suffer.ts'

const SEEDS = 20

/** The checked cells of a row of docs/failures.md. Ranges are over both ends of what jitter can do, and over seeds. */
export async function rowOf(failure: Failure): Promise<string[]> {
  const longest = await suffer(failure, () => 0)
  const shortest = await suffer(failure, () => 1 - Number.EPSILON)
  const runs: Suffered[] = [longest, shortest]
  for (let seed = 1; seed <= SEEDS; seed++) runs.push(await suffer(failure, seededRandom(seed)))
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

/** To half a second; whole ones from 100 s on. */
function seconds(ms: number): string {
  const step = ms < 100_000 ? 500 : 1_000
  return String((Math.round(ms / step) * step) / 1_000)
}
