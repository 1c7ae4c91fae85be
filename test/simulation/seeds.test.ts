import { expect, it } from 'vitest'
import { report } from './report.ts'
import { simulate } from './simulate.ts'

/** Number of seeds in each test run; `npm run test:long` simulates more. */
const SEEDS = 4_000

it(`(D3, D5, D12, D13, D20) keeps every invariant in spite of all faults, with seeds 1 to ${SEEDS}`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await simulate(seed)
    if (outcome.failure !== undefined) expect.fail(await report(outcome))
  }
})
