import { expect, it } from 'vitest'
import { inSlices, SharedSlices } from '../../src/async/slices.ts'
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

it('(S46.5) calls that arrive during the work of others do not lengthen the slice', async () => {
  const clock = new BusyClock()
  const slices = new SharedSlices(clock, 10)
  const order: number[] = []
  const calls: Promise<void>[] = []
  const call = (index: number): Promise<void> =>
    slices.run(async (pause) => {
      for (let unit = 0; unit < 10; unit++) await pause()
      order.push(index)
      if (index < 200) calls.push(call(index + 2))
    })
  calls.push(call(0), call(1))
  for (let index = 0; index < calls.length; index++) await calls[index]
  expect(order).toEqual(Array.from({ length: 202 }, (_, index) => index))
  expect(clock.breaths).toBeGreaterThanOrEqual(20)
})

it('a call that fails does not stop later ones', async () => {
  const slices = new SharedSlices(new BusyClock(), 10)
  const failing = slices.run(() => Promise.reject(new Error('failed')))
  const next = slices.run(() => Promise.resolve('done'))
  await expect(failing).rejects.toThrow('failed')
  expect(await next).toBe('done')
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
