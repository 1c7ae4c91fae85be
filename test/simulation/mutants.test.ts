import { afterEach, describe, expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { Seams } from './seams.ts'
import { simulate } from './simulate.ts'

/** Number of seeds in which each mutant must be found. */
const SEEDS = 1_000

const seams = new Seams()
afterEach(() => seams.restore())

async function firstFailure(seeds: number): Promise<string | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { failure } = await simulate(seed)
    if (failure !== undefined) return `seed ${seed}: ${failure}`
  }
  return undefined
}

describe('the simulation detects mutants', () => {
  it('finds no violation without a mutant', async () => {
    expect(await firstFailure(100)).toBeUndefined()
  })

  it.each(MUTANTS)('detects that $name', async ({ plant }) => {
    plant(seams)
    expect(await firstFailure(SEEDS)).toBeDefined()
  })
})
