import { afterEach, describe, expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { Seams } from './seams.ts'
import { simulate } from './simulate.ts'

/** Each mutant is found within this many seeds. */
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

describe('the simulation finds planted mistakes', () => {
  it('finds nothing if nothing is planted', async () => {
    expect(await firstFailure(100)).toBeUndefined()
  })

  it.each(MUTANTS)('finds that $name', async ({ plant }) => {
    plant(seams)
    expect(await firstFailure(SEEDS)).toBeDefined()
  })
})
