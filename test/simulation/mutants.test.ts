import { afterAll, describe, expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { Nursery } from './mutate.ts'

/** Enough for every one of them, with room to spare. */
const SEEDS = 1_000

const nursery = new Nursery()
afterAll(() => nursery.remove())

describe('a simulation that cannot fail proves nothing', () => {
  it('finds nothing where nothing was planted', async () => {
    expect(await nursery.simulate(undefined, 100)).toMatchObject({ code: 0 })
  })

  it.each(MUTANTS)(
    'finds out when $name',
    async (mutant) => {
      const { code, output } = await nursery.simulate(mutant, SEEDS)
      expect(output).toMatch(/^seed \d+: /m)
      expect(code).toBe(1)
    },
    60_000,
  )

  it('refuses to plant what has no place any more', async () => {
    const gone = { name: 'gone', file: 'src/selector/basis.ts', from: 'not there', to: '' }
    await expect(nursery.simulate(gone, 1)).rejects.toThrow('holds 0 times')
  })
})
