import { expect, it } from 'vitest'
import { inSlices } from '../../src/async/slices.ts'
import { resume } from '../../src/layout/resume.ts'
import { encodeItem } from '../../src/layout/row.ts'
import { encodeRows } from '../../src/store/mirror/writer.ts'
import { StoreCopy } from '../../src/synchronizers/store-copy.ts'
import { BusyClock } from '../support/busy-clock.ts'
import { ANY_OWNER } from '../support/stored.ts'

const items = Array.from({ length: 1_000 }, (_, index) => ({
  key: `f${index}`,
  version: 1,
  object: { key: `f${index}`, version: 1 },
}))
const rows = items.map((item) => encodeItem('flag', item))

it('(S7) everything is done, in order, in slices of about four milliseconds', async () => {
  const clock = new BusyClock()
  const done: string[] = []
  await inSlices(items, clock, ({ key }) => done.push(key))
  expect(done).toEqual(items.map(({ key }) => key))
  expect(clock.breaths).toBeGreaterThanOrEqual(20)
  expect(clock.breaths).toBeLessThan(50)
})

it.each([
  [
    'made',
    (clock: BusyClock) =>
      encodeRows(
        items.map((item) => ({ op: 'put', kind: 'flag', ...item })),
        clock,
      ),
  ],
  ['compared', (clock: BusyClock) => new StoreCopy().replace(rows, clock)],
  [
    'judged',
    (clock: BusyClock) => {
      const sidecar = { format: 1, keyFingerprint: 'f', generation: 'g', revision: 1, notice: '', savedAt: 0 }
      const selector = { state: 's', version: 1 }
      const text = JSON.stringify({ ...sidecar, selector, digest: '0' })
      return resume({ initialized: true, rows, sidecar: text }, ANY_OWNER, clock)
    },
  ],
] as const)('(S7) the rows of a large database are %s in slices', async (_, work) => {
  const clock = new BusyClock()
  await work(clock)
  expect(clock.breaths).toBeGreaterThanOrEqual(20)
})
