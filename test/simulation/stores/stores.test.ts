import { describe, expect, it } from 'vitest'
import { FLAWS, type Flaw } from './flaws.ts'
import { StoreWorld } from './world.ts'

const SEEDS = Number(process.env.HALYARD_STORE_SEEDS ?? 400)
/** Enough seeds to detect each flaw. */
const FLAWED_SEEDS = 400

/** Returns the first failing seed with its trace, or `undefined`. */
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
  it('(S147, S170, S171, S172, S173, S175, S176) keeps every rule, whatever the database does', async () => {
    expect(await firstFailure(SEEDS)).toBeUndefined()
  })

  it.each(FLAWS)(
    'detects that %s',
    async (flaw) => {
      expect(await firstFailure(FLAWED_SEEDS, flaw)).toMatch(/^seed \d+: /)
    },
    120_000,
  )
})
