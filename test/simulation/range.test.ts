import { expect, it } from 'vitest'
import { runRange } from './range.ts'
import type { Outcome } from './simulate.ts'

const run = (seed: number): Promise<Outcome> =>
  Promise.resolve({
    seed,
    faults: [],
    trace: [],
    requests: 1,
    virtualMs: 10,
    ...(seed % 3 === 0 && { failure: `seed ${seed} broke` }),
  })

it.each([
  ['go on', [3, 6, 9], 10],
  ['stop', [3], 3],
] as const)('reports failing seeds of a range (%s)', async (afterFailure, failing, ran) => {
  const reported: number[] = []
  const failed = async ({ seed }: Outcome): Promise<void> => void reported.push(seed)
  const result = await runRange({ first: 1, count: 10, afterFailure, run, failed })
  expect(result).toEqual({ ran, failing, requests: ran, virtualMs: 10 * ran })
  expect(reported).toEqual(failing)
})
