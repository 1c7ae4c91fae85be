import { it } from 'vitest'
import { holdSeeds } from './seeds.ts'

// Half of the seeds each, so that two workers share them.
it('(D3, D5, D12, D13, D20) every invariant holds, whatever the weather: seeds 1 to 10000', async () => {
  await holdSeeds(1, 10_000)
})
