import { expect, it } from 'vitest'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { BusyClock } from '../support/busy-clock.ts'
import { flag, full, partial } from '../support/words.ts'

it('(S7) applies a burst of deltas in slices of about four milliseconds', async () => {
  const clock = new BusyClock()
  const source = {
    name: 'burst',
    async *sync() {
      yield full('A', flag('a'))
      for (let version = 2; version <= 1_000; version++) yield partial(`A${version}`, flag('a', version))
    },
  }
  const dataSystem = createDataSystem('sdk-key', { initializers: [], synchronizers: [source] }, { clock })
  while (dataSystem.flag('a')?.version !== 1_000) await new Promise((resolve) => setImmediate(resolve))
  // Each result reads the clock two or three times, so that between 10 and 40 results fit into a slice.
  expect(clock.breaths).toBeGreaterThan(1_000 / 40)
  expect(clock.breaths).toBeLessThan(1_000 / 10)
  await dataSystem.close()
})
