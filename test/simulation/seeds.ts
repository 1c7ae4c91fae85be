import { expect } from 'vitest'
import { report } from './report.ts'
import { simulate } from './simulate.ts'

/** Simulates a range of seeds; the first that fails is told in full. */
export async function holdSeeds(first: number, count: number): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed)
    if (outcome.failure !== undefined) expect.fail(await report(outcome))
  }
}
