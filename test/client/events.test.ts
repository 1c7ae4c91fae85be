import { expect, it, vi } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import { scriptedSource, TestData, VirtualClock } from '../../src/testing/index.ts'
import { SHORT_TIMINGS } from '../../src/testing/short-timings.ts'
import { body, delta, full, LiveStream, none, put, remove, startOrigin, status } from '../support/origin.ts'
import { settle } from '../support/unhandled-errors.ts'
import { flag, full as said, terminal } from '../support/words.ts'
import { following, holding, serving, start, user } from './starting.ts'

it('(S43.1) emits ready once, when there is data, and not to listeners that are added later', async () => {
  const { client } = start({ dataSystem: following(new TestData()) })
  const received: string[] = []
  client.on('ready', () => {
    received.push(`ready ${client.initialized()}`)
  })
  await client.waitForInitialization()
  await settle()
  client.on('ready', () => received.push('late'))
  await settle()
  expect(received).toEqual(['ready true'])
})

it('(S43) emits ready on an offline client, after its listeners could be added', async () => {
  const { client } = start({ offline: true })
  const ready = vi.fn()
  client.once('ready', ready)
  expect(ready).not.toHaveBeenCalled()
  await settle()
  expect(ready).toHaveBeenCalledOnce()
})

it('(S43.4) emits update for each changed flag and its dependents, after ready', async () => {
  const data = new TestData({
    flags: [serving('a', 1), { ...serving('b', 1), prerequisites: [{ key: 'a', variation: 0 }] }],
  })
  const { client } = start({ dataSystem: following(data) })
  const received: string[] = []
  client.on('ready', () => received.push('ready'))
  client.on('update', ({ key }) => received.push(`update ${key}`))
  client.on('update:b', ({ key }) => received.push(`update:b ${key}`))
  client.on('update:c', ({ key }) => received.push(`update:c ${key}`))
  await client.waitForInitialization()
  expect(received).toEqual(['ready', 'update a', 'update b', 'update:b b'])
  received.length = 0
  data.flagValue('a', 2)
  await settle()
  expect(received).toEqual(['update a', 'update b', 'update:b b'])
})

it('(S43) emits update for changes of a server, including deletions and keys like __proto__', async () => {
  const origin = await startOrigin()
  const stream = new LiveStream(none('A'))
  origin.poll.always(body(full('A', put('a'), put('__proto__'))))
  origin.stream.always(stream.answer)
  const { client } = start({ dataSystem: presets.default(), endpoints: origin.endpoints })
  const received: string[] = []
  await client.waitForInitialization()
  client.on('update', ({ key }) => received.push(key))
  client.on('update:__proto__', () => received.push('update:__proto__'))
  await client.status.waitFor('valid')
  await origin.until(() => origin.stream.received.length === 1, 'a stream')
  const until = (key: string): Promise<void> =>
    new Promise((resolve) => client.once(`update:${key}`, () => resolve()))
  const changed = until('new')
  stream.send(delta('B', put('__proto__', 2), remove('a'), put('new')))
  await changed
  expect(received).toEqual(['__proto__', 'update:__proto__', 'a', 'new'])
})

it('(S43.2) emits error with the details of each failure of a source', async () => {
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

it('(S43.3) emits failed if no source is left and there is no data, but not on close', async () => {
  const origin = await startOrigin()
  origin.poll.always(status(401))
  origin.stream.always(status(401))
  const { client } = start({ dataSystem: presets.streaming(), endpoints: origin.endpoints })
  const received: string[] = []
  client.on('error', () => received.push('error'))
  client.on('failed', (error) => received.push(`failed: ${error.message}`))
  client.on('ready', () => received.push('ready'))
  expect(await client.waitForInitialization()).toMatchObject({ initialized: false, reason: 'off' })
  expect(received).toEqual(['error', expect.stringMatching(/^failed: no source is left.*401/)])

  const another = start({ dataSystem: following(new TestData()) }).client
  const failed = vi.fn()
  another.on('failed', failed)
  await another.close()
  expect(failed).not.toHaveBeenCalled()
})

it('(S43) does not emit failed if the last source fails after there was data', async () => {
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

it('(S43.6) logs a listener that throws and calls the others', async () => {
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

it('(S43) calls a once listener once, and removes one registration for each call of off', async () => {
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

it('(S43) removes the last of several registrations, as EventEmitter does', async () => {
  const { client, data } = await holding([])
  const received: string[] = []
  const a = (): void => void received.push('a')
  const b = (): void => void received.push('b')
  client.on('update', a).on('update', b).on('update', a).off('update', a)
  data.flagValue('a', 1)
  await settle()
  expect(received).toEqual(['a', 'b'])
})

it('(S43) lets a listener remove itself while it is called', async () => {
  const { client, data } = await holding([])
  const received: string[] = []
  const first = (): void => {
    received.push('first')
    client.off('update', first)
  }
  client.on('update', first)
  client.on('update', () => received.push('second'))
  data.flagValue('a', 1)
  await settle()
  data.flagValue('a', 2)
  await settle()
  expect(received).toEqual(['first', 'second', 'second'])
})

it('calls an onChange listener once with all keys of a change, until it is removed', async () => {
  const { client, data } = await holding([serving('a', 1)])
  const received: unknown[] = []
  const undo = client.onChange(({ flags, segments }) => received.push([[...flags], [...segments]]))
  data.set(serving('a', 2), serving('b', 1))
  await settle()
  undo()
  data.flagValue('a', 3)
  await settle()
  expect(received).toEqual([[['a', 'b'], []]])
})

it('(S44.2) calls an onValueChange listener if the value differs from the previous one', async () => {
  const { client, data } = await holding([serving('a', { n: [1] })])
  const received: unknown[] = []
  const undo = client.onValueChange('a', user, 'fallback', (change) => received.push(change))
  data.flagValue('a', { n: [1] }) // another version, an equal value
  data.flagValue('b', 1) // another flag
  await settle()
  expect(received).toEqual([])
  data.flagValue('a', { n: [2] })
  await settle()
  data.delete('a')
  await settle()
  undo()
  data.flagValue('a', 3)
  await settle()
  expect(received).toEqual([
    { key: 'a', oldValue: { n: [1] }, newValue: { n: [2] } },
    { key: 'a', oldValue: { n: [2] }, newValue: 'fallback' },
  ])
})

it('(S44) calls an onValueChange listener for changes of prerequisites, and may be added before there is data', async () => {
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
  const received: unknown[] = []
  client.onValueChange('a', user, 'fallback', ({ newValue }) => received.push(newValue))
  await client.waitForInitialization()
  // No evaluation took place before there was data.
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([])
  data.set({ key: 'base', on: false, variations: [true, false], offVariation: 1 })
  await settle()
  expect(received).toEqual(['on', 'off'])
})
