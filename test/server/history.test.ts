import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changeFrameOf } from '../../src/server/frame.ts'
import { History } from '../../src/server/history.ts'
import { put, remove } from './raw-http.ts'

const frames = (...keys: string[]) => keys.map((key) => changeFrameOf(put(key, 1)))
const idsSince = (history: History, state: string) => history.since(state)?.map(({ id }) => id)

test('a state it never saw is unknown', () => {
  const history = new History()
  history.push('s1', frames('a'))
  expect(history.since('s0')).toBeUndefined()
  expect(history.since('')).toBeUndefined()
})

test('an item that changed several times appears once, as it was last', () => {
  const history = new History()
  history.push('s1', [changeFrameOf(put('a', 1)), changeFrameOf(put('b', 1))])
  history.push('s2', [changeFrameOf(remove('a', 2))])
  expect(history.since('s1')).toEqual([changeFrameOf(remove('a', 2)), changeFrameOf(put('b', 1))])
})

test('a flag and a segment of the same key are two items', () => {
  const history = new History()
  history.push('s1', [
    changeFrameOf(put('a', 1)),
    changeFrameOf({ op: 'delete', kind: 'segment', key: 'a', version: 1 }),
  ])
  expect(idsSince(history, 's1')).toEqual(['flag/a', 'segment/a'])
})

test('the oldest change sets go when there are too many', () => {
  const history = new History({ maxEntries: 2 })
  for (const state of ['s1', 's2', 's3']) history.push(state, frames(state))
  expect(history.since('s1')).toBeUndefined()
  expect(idsSince(history, 's2')).toEqual(['flag/s2', 'flag/s3'])
})

test('the oldest change sets go when they are too large, counted in bytes', () => {
  const [frame] = frames('\u00e9')
  const bytes = Buffer.byteLength(frame?.json ?? '')
  const history = new History({ maxBytes: 2 * bytes })
  for (const state of ['s1', 's2', 's3']) history.push(state, frames('\u00e9'))
  expect(history.since('s1')).toBeUndefined()
  expect(history.since('s2')).toBeDefined()
})

test('a change set larger than the whole history is not kept, nor anything before it', () => {
  const history = new History({ maxBytes: 10 })
  history.push('s1', frames('a'))
  expect(history.since('s1')).toBeUndefined()
})

test('S8: folded changes always lead where the single steps lead', () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', '__proto__', ''),
    op: fc.constantFrom('put', 'delete'),
  })
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }), fc.nat(), (steps, seed) => {
      const history = new History({ maxEntries: 8 })
      const models = [new Map<string, number>()]
      let version = 0
      for (const [index, step] of steps.entries()) {
        const model = new Map(models.at(-1))
        const changes = step.map(({ key, op }) => {
          version++
          if (op === 'put') model.set(key, version)
          else model.delete(key)
          return op === 'put' ? put(key, version) : remove(key, version)
        })
        history.push(`s${index}`, changes.map(changeFrameOf))
        models.push(model)
      }
      const start = seed % models.length
      const folded = history.since(`s${start}`)
      const known = start < steps.length && start >= steps.length - 8
      expect(folded !== undefined).toBe(known)
      if (!folded) return
      const client = new Map(models[start])
      for (const { op, json } of folded) {
        const { key, version } = JSON.parse(json) as { key: string; version: number }
        if (op === 'put') client.set(key, version)
        else client.delete(key)
      }
      expect(new Set(folded.map(({ id }) => id)).size).toBe(folded.length)
      expect(client).toEqual(models.at(-1))
    }),
  )
})
