import { describe, expect, it } from 'vitest'
import { FLAWS, type Flaw } from './flaws.ts'
import { StoreWorld } from './world.ts'

const SEEDS = Number(process.env.HALYARD_STORE_SEEDS ?? 400)
/** Enough for each flaw to be noticed. */
const FLAWED_SEEDS = 400

/** The first seed that fails, and its story; `undefined` if none does. */
async function firstFailure(seeds: number, flaw?: Flaw): Promise<string | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const world = new StoreWorld(seed, flaw)
    try {
      await world.live()
    } catch (error) {
      const { message } = error as Error
      return `seed ${seed}: ${message}\n${world.trace.slice(-60).join('\n')}`
    }
  }
  return undefined
}

describe('a simulation of relays, readers and clients around one database', () => {
  it('(S147, S170, S171, S172, S173, S175, S176) every rule holds, whatever the database does', async () => {
    expect(await firstFailure(SEEDS)).toBeUndefined()
  })

  it.each(FLAWS)(
    'finds out when %s',
    async (flaw) => {
      expect(await firstFailure(FLAWED_SEEDS, flaw)).toMatch(/^seed \d+: /)
    },
    120_000,
  )
})
