import fc from 'fast-check'
import { it } from 'vitest'
import { MirrorWorld } from './mirror-world.ts'

const key = fc.constantFrom('a', 'b', 'c', '__proto__')
const ms = fc.constantFrom(0, 1, 300, 1_000, 2_500, 5_000, 12_000, 31_000)

const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('full' as const), keys: fc.uniqueArray(key) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('delta' as const),
      puts: fc.uniqueArray(key, { maxLength: 2 }),
      deletes: fc.uniqueArray(key, { maxLength: 1 }),
    }),
  },
  { weight: 10, arbitrary: fc.record({ type: fc.constant('wait' as const), ms }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('fail' as const),
      failure: fc.constantFrom('error', 'hang', 'lost', 'torn'),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ type: 'heal' } as const) },
  { weight: 2, arbitrary: fc.constant({ type: 'wipe' } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('foreign' as const), key, version: fc.nat(200) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('restart' as const),
      resumption: fc.constantFrom('in time', 'too late'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('usurp' as const), ms }) },
)

const slowness = fc.constantFrom(0, 1, 400, 3_000)

it.each(['all', 'one'] as const)(
  'D15, D16: with writers %s, the sidecar never describes data that the rows do not hold, and in the end the database equals memory',
  async (writers) => {
    const history = fc.array(event, { maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(history, slowness, async (events, latencyMs) => {
        const world = new MirrorWorld({ writers, latencyMs })
        try {
          for (const each of events) await world.live(each)
          await world.settle()
        } finally {
          await world.end()
        }
      }),
      { numRuns: Number(process.env.MIRROR_RUNS ?? 150) },
    )
  },
  60_000,
)
