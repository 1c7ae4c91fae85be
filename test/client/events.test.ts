import { expect, it, vi } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import { scriptedSource, TestData, VirtualClock } from '../../src/testing/index.ts'
import { SHORT_TIMINGS } from '../../src/testing/short-timings.ts'
import { body, delta, full, LiveStream, none, put, remove, startOrigin, status } from '../support/origin.ts'
import { flag, full as said, terminal } from '../support/words.ts'
import { following, holding, serving, settle, start, user } from './starting.ts'

it('(S43.1) ready is told once, when there is data; not to those who come later', async () => {
  const { client } = start({ dataSystem: following(new TestData()) })
  const told: string[] = []
  client.on('ready', () => {
    told.push(`ready ${client.initialized()}`)
  })
  await client.waitForInitialization()
  await settle()
  client.on('ready', () => told.push('late'))
  await settle()
  expect(told).toEqual(['ready true'])
})

it('(S43) ready is told to an offline client too, after those who made it could listen', async () => {
  const { client } = start({ offline: true })
  const ready = vi.fn()
  client.once('ready', ready)
  expect(ready).not.toHaveBeenCalled()
  await settle()
  expect(ready).toHaveBeenCalledOnce()
})

it('(S43.4) update names each flag that changed, dependents included, and ready comes before it', async () => {
  const data = new TestData({
    flags: [serving('a', 1), { ...serving('b', 1), prerequisites: [{ key: 'a', variation: 0 }] }],
  })
  const { client } = start({ dataSystem: following(data) })
  const told: string[] = []
  client.on('ready', () => told.push('ready'))
  client.on('update', ({ key }) => told.push(`update ${key}`))
  client.on('update:b', ({ key }) => told.push(`update:b ${key}`))
  client.on('update:c', ({ key }) => told.push(`update:c ${key}`))
  await client.waitForInitialization()
  expect(told).toEqual(['ready', 'update a', 'update b', 'update:b b'])
  told.length = 0
  data.flagValue('a', 2)
  await settle()
  expect(told).toEqual(['update a', 'update b', 'update:b b'])
})

it('(S43) changes arrive from a server, deletions and keys like __proto__ included', async () => {
  const origin = await startOrigin()
  const stream = new LiveStream(none('A'))
  origin.poll.always(body(full('A', put('a'), put('__proto__'))))
  origin.stream.always(stream.answer)
  const { client } = start({ dataSystem: presets.default(), endpoints: origin.endpoints })
  const told: string[] = []
  await client.waitForInitialization()
  client.on('update', ({ key }) => told.push(key))
  client.on('update:__proto__', () => told.push('update:__proto__'))
  await client.status.waitFor('valid')
  await origin.until(() => origin.stream.seen.length === 1, 'a stream')
  const until = (key: string): Promise<void> =>
    new Promise((resolve) => client.once(`update:${key}`, () => resolve()))
  const changed = until('new')
  stream.say(delta('B', put('__proto__', 2), remove('a'), put('new')))
  await changed
  expect(told).toEqual(['__proto__', 'update:__proto__', 'a', 'new'])
})

it('(S43.2) error is told of each failure of a source, with what is known of it', async () => {
  const origin = await startOrigin()
  origin.poll.next(status(503)).always(body(full('A', put('a'))))
  origin.stream.always(new LiveStream(none('A')).answer)
  const { client } = start({
    dataSystem: presets.pollingOnly(),
    endpoints: origin.endpoints,
    timings: SHORT_TIMINGS,
    random: () => 0,
  })
  const errors: unknown[] = []
  const states: string[] = []
  client.on('error', (error) => errors.push(error))
  client.on('status', ({ state }) => states.push(state))
  await client.waitForInitialization()
  expect(errors).toEqual([
    expect.objectContaining({ name: 'SourceFailureError', kind: 'error_response', status: 503 }),
  ])
  expect(String(errors[0])).toContain('503')
  expect(states.at(-1)).toBe('valid')
})

it('(S43.3) failed is told when no source is left before there was data, and not on close', async () => {
  const origin = await startOrigin()
  origin.poll.always(status(401))
  origin.stream.always(status(401))
  const { client } = start({ dataSystem: presets.streaming(), endpoints: origin.endpoints })
  const told: string[] = []
  client.on('error', () => told.push('error'))
  client.on('failed', (error) => told.push(`failed: ${error.message}`))
  client.on('ready', () => told.push('ready'))
  expect(await client.waitForInitialization()).toMatchObject({ initialized: false, reason: 'off' })
  expect(told).toEqual(['error', expect.stringMatching(/^failed: no source is left.*401/)])

  const another = start({ dataSystem: following(new TestData()) }).client
  const failed = vi.fn()
  another.on('failed', failed)
  await another.close()
  expect(failed).not.toHaveBeenCalled()
})

it('(S43) failed is not told when the last source is lost after there was data', async () => {
  const clock = new VirtualClock()
  const source = scriptedSource({
    name: 'stream',
    clock,
    openings: [
      [
        [1, said('A', flag('a'))],
        [1, terminal()],
      ],
    ],
  })
  const { client } = start({
    dataSystem: { initializers: [], synchronizers: [source], fdv1Fallback: null },
    clock,
  })
  const failed = vi.fn()
  client.on('failed', failed)
  await clock.advance(10)
  expect(client.status.current).toMatchObject({ state: 'off', lastError: { kind: 'error_response' } })
  expect(failed).not.toHaveBeenCalled()
})

it('(S43.6) a listener that throws is logged, and the others are told', async () => {
  const { client, data, log } = await holding([serving('a', 1)])
  const after = vi.fn()
  client.on('update', () => {
    throw new Error('a bad listener')
  })
  client.on('update', after)
  client.on('update:a', after)
  data.flagValue('a', 2)
  await settle()
  expect(after).toHaveBeenCalledTimes(2)
  expect(log).toContainEqual(expect.stringMatching(/^error: a listener of "update" threw: .*a bad listener/))
})

it('(S43) once is once, and off removes the listener it is given, once for each time it was added', async () => {
  const { client, data } = await holding([])
  const listener = vi.fn()
  const once = vi.fn()
  expect(client.on('update', listener).on('update', listener).once('update', once)).toBe(client)
  client.off('update', listener).off('update', () => {})
  for (const value of [1, 2]) {
    data.flagValue('a', value)
    await settle()
  }
  expect(listener).toHaveBeenCalledTimes(2)
  expect(once).toHaveBeenCalledTimes(1)
})

it('(S43) off removes the last of several, as EventEmitter does', async () => {
  const { client, data } = await holding([])
  const told: string[] = []
  const a = (): void => void told.push('a')
  const b = (): void => void told.push('b')
  client.on('update', a).on('update', b).on('update', a).off('update', a)
  data.flagValue('a', 1)
  await settle()
  expect(told).toEqual(['a', 'b'])
})

it('(S43) a listener may leave while it is called', async () => {
  const { client, data } = await holding([])
  const told: string[] = []
  const first = (): void => {
    told.push('first')
    client.off('update', first)
  }
  client.on('update', first)
  client.on('update', () => told.push('second'))
  data.flagValue('a', 1)
  await settle()
  data.flagValue('a', 2)
  await settle()
  expect(told).toEqual(['first', 'second', 'second'])
})

it('onChange tells all keys of a change at once, until it is undone', async () => {
  const { client, data } = await holding([serving('a', 1)])
  const told: unknown[] = []
  const undo = client.onChange(({ flags, segments }) => told.push([[...flags], [...segments]]))
  data.set(serving('a', 2), serving('b', 1))
  await settle()
  undo()
  data.flagValue('a', 3)
  await settle()
  expect(told).toEqual([[['a', 'b'], []]])
})

it('(S44.2) onValueChange tells when the value differs, from the value at the beginning on', async () => {
  const { client, data } = await holding([serving('a', { n: [1] })])
  const told: unknown[] = []
  const undo = client.onValueChange('a', user, 'fallback', (change) => told.push(change))
  data.flagValue('a', { n: [1] }) // another version, an equal value
  data.flagValue('b', 1) // somebody else's
  await settle()
  expect(told).toEqual([])
  data.flagValue('a', { n: [2] })
  await settle()
  data.delete('a')
  await settle()
  undo()
  data.flagValue('a', 3)
  await settle()
  expect(told).toEqual([
    { key: 'a', oldValue: { n: [1] }, newValue: { n: [2] } },
    { key: 'a', oldValue: { n: [2] }, newValue: 'fallback' },
  ])
})

it('(S44) onValueChange follows what the flag depends on, and begins before there is data', async () => {
  const data = new TestData({
    flags: [
      {
        ...serving('a', 'on'),
        variations: ['on', 'off'],
        offVariation: 1,
        prerequisites: [{ key: 'base', variation: 0 }],
      },
      { ...serving('base', true), variations: [true, false], offVariation: 1 },
    ],
  })
  const { client, log } = start({ dataSystem: following(data) })
  const told: unknown[] = []
  client.onValueChange('a', user, 'fallback', ({ newValue }) => told.push(newValue))
  await client.waitForInitialization()
  // Nobody has evaluated anything too early.
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([])
  data.set({ key: 'base', on: false, variations: [true, false], offVariation: 1 })
  await settle()
  expect(told).toEqual(['on', 'off'])
})
