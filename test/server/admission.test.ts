import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Admission } from '../../src/server/admission.ts'

const here = new AbortController().signal

test('(S118.2) admits up to the limit at once, then the others in FIFO order', async () => {
  const admission = new Admission({ maxConcurrent: 1, maxQueued: 2 })
  const entered: string[] = []
  const come = async (name: string): Promise<void> => {
    const leave = await admission.acquire(here)
    if (leave) entered.push(name)
    else entered.push(`not ${name}`)
  }
  const leave = await admission.acquire(here)
  const all = [come('b'), come('c'), come('d')]
  await all[2]
  expect(entered).toEqual(['not d'])
  leave?.()
  leave?.() // once is enough: nobody else gets in by it
  await all[0]
  await Promise.resolve()
  expect(entered).toEqual(['not d', 'b'])
})

test('(S118) does not admit a client that has left the queue, and frees its place', async () => {
  const admission = new Admission({ maxConcurrent: 1, maxQueued: 1 })
  const leave = await admission.acquire(here)
  const impatient = new AbortController()
  const first = admission.acquire(impatient.signal)
  impatient.abort()
  expect(await first).toBeUndefined()
  const second = admission.acquire(here)
  leave?.()
  expect(await second).toBeTypeOf('function')
  expect(await admission.acquire(AbortSignal.abort())).toBeUndefined()
})

test('(S118) never admits more than the limit, and serves every client, in any order of arrivals and departures', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(3), fc.array(fc.nat(5), { maxLength: 40 }), async (more, script) => {
      const maxConcurrent = more + 1
      const admission = new Admission({ maxConcurrent, maxQueued: 5 })
      const inside: (() => void)[] = []
      let waiting = 0
      for (const word of script) {
        if (word < 3) {
          waiting++
          void admission.acquire(here).then((leave) => {
            waiting--
            if (leave) inside.push(leave)
          })
        } else {
          inside.shift()?.()
        }
        await new Promise((resolve) => setImmediate(resolve))
        expect(inside.length).toBeLessThanOrEqual(maxConcurrent)
      }
      while (inside.length > 0) {
        inside.shift()?.()
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(waiting).toBe(0)
    }),
    { numRuns: 50 },
  )
})
