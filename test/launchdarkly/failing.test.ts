import { expect, it } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import { toEventStream } from '../../src/protocol/encoder.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { body, delta, full, LiveStream, none, put, startOrigin, status } from '../support/origin.ts'
import { full as all, flag, interrupted, none as nothingNew, terminal } from '../support/words.ts'
import { bridge, SDK_KEY, USER } from './bridged.ts'

const saying = (value: string): object => ({
  on: true,
  variations: [value],
  fallthrough: { variation: 0 },
  salt: '',
})

it('serves data while the stream is down, from polls, and after it is back', async () => {
  const origin = await startOrigin()
  // The slow first poll times out; the stream then sends the full payload.
  const first = full('A', put('banner', 1, saying('Ahoy')))
  const stream = new LiveStream(({ basis }) => toEventStream(basis === 'A' ? none('A') : first))
  origin.poll.always(body(first))
  origin.stream.always(stream.answer)
  const bridged = bridge({ endpoints: origin.endpoints })
  const { client } = bridged
  await client.waitForInitialization({ timeout: 60 })
  const shown = new Set<string>()
  let looking = true
  const looker = (async () => {
    while (looking) {
      shown.add(await client.stringVariation('banner', USER, 'fallback'))
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()

  await bridged.follows('streaming')
  bridged.listen()
  origin.stream.always(status(503))
  origin.poll.always(body(delta('B', put('banner', 2, saying('Half price')))))
  stream.cut()
  await bridged.emits('update banner')
  await bridged.follows('polling')

  const back = new LiveStream(delta('C', put('banner', 3, saying('Sold out'))))
  origin.poll.always(body(none('B')))
  origin.stream.always(back.answer)
  await bridged.follows('streaming')
  looking = false
  await looker
  shown.add(await client.stringVariation('banner', USER, 'fallback'))
  expect([...shown]).toEqual(['Ahoy', 'Half price', 'Sold out'])
  expect(bridged.events.filter((event) => event !== 'update banner')).toEqual(['ready'])
})

it('(S53) fails like the SDK if the key is rejected, and logs no key', async () => {
  const origin = await startOrigin()
  origin.poll.always(status(401))
  origin.stream.always(status(401))
  const bridged = bridge({ endpoints: origin.endpoints })
  const refusal = 'Authentication failed. Double check your SDK key.'
  await expect(bridged.client.waitForInitialization({ timeout: 60 })).rejects.toThrow(refusal)
  expect(bridged.events).toEqual([`error ${refusal}`, 'failed'])
  const { value, reason } = await bridged.client.variationDetail('a', USER, 'fallback')
  expect([value, reason]).toEqual(['fallback', { kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' }])
  expect([...bridged.events, ...bridged.log].join('\n')).not.toContain(SDK_KEY)
})

it('(S53) reports the reason of another failure', async () => {
  const origin = await startOrigin()
  origin.poll.always(status(404))
  origin.stream.always(status(404))
  const bridged = bridge({ endpoints: origin.endpoints })
  await expect(bridged.client.waitForInitialization({ timeout: 60 })).rejects.toMatchObject({
    name: 'SourcesExhaustedError',
    code: 404,
    message: expect.stringMatching(/^no source of flag data is left: .*404/),
  })
})

it('(S53) does not report failures that end', async () => {
  const origin = await startOrigin()
  origin.poll.next(status(500)).always(body(full('A', put('a', 1, saying('yes')))))
  origin.stream.next(status(502), status(503)).always(new LiveStream(none('A')).answer)
  const bridged = bridge({ endpoints: origin.endpoints })
  await bridged.follows('streaming')
  await bridged.emits('ready')
  expect(bridged.events).toEqual(['ready'])
})

it('(S53) becomes ready if data arrives ten minutes after every source had failed permanently', async () => {
  const clock = new VirtualClock()
  const source = scriptedSource({
    name: 'source',
    clock,
    openings: [[[0, terminal()]], [[0, terminal()]], [[0, all('A', flag('a'))]]],
  })
  const bridged = bridge({
    clock,
    timings: {},
    plan: presets.custom({ initializers: [], synchronizers: [source] }),
  })
  await clock.advance(1)
  await bridged.emits('failed')
  await clock.advance(10 * 60_000)
  expect(bridged.client.initialized()).toBe(false)
  await clock.advance(20 * 60_000)
  await bridged.emits('ready')
  expect(bridged.events.map((event) => event.split(' ')[0])).toEqual(['error', 'failed', 'ready'])
})

it('(S53) becomes ready through an empty payload, also after a failure', async () => {
  const clock = new VirtualClock()
  const source = scriptedSource({ name: 'source', clock, openings: [[[0, terminal()]], [[0, nothingNew]]] })
  const bridged = bridge({
    clock,
    timings: {},
    plan: presets.custom({ initializers: [], synchronizers: [source] }),
  })
  await clock.advance(10 * 60_000)
  await bridged.emits('ready')
  const { reason } = await bridged.client.variationDetail('a', USER, 'fallback')
  expect(reason).toEqual({ kind: 'ERROR', errorKind: 'FLAG_NOT_FOUND' })
})

it('(S53) reports once that every source failed permanently, and goes on serving', async () => {
  const clock = new VirtualClock()
  const source = scriptedSource({
    name: 'source',
    clock,
    openings: [
      [
        [0, all('A', flag('a'))],
        [1_000, interrupted()],
        [0, terminal(403)],
      ],
      [[0, terminal(403)]],
    ],
  })
  const bridged = bridge({
    clock,
    timings: {},
    plan: presets.custom({ initializers: [], synchronizers: [source] }),
  })
  await clock.advance(60 * 60_000)
  await bridged.emits('failed')
  expect(bridged.events).toEqual([
    'ready',
    expect.stringMatching(/^error no source of flag data is left: .*403/),
    'failed',
  ])
  expect((await bridged.client.allFlagsState(USER)).valid).toBe(true)
  expect(bridged.client.initialized()).toBe(true)
})

it('(S53) does not report a failure if a plan has no further sources after its data', async () => {
  const clock = new VirtualClock()
  const data = scriptedSource({ name: 'init', clock, openings: [[[0, all('A', flag('a'))], 'end']] })
  const bridged = bridge({
    clock,
    timings: {},
    plan: presets.custom({ initializers: [data], synchronizers: [] }),
  })
  await clock.advance(60_000)
  await bridged.emits('ready')
  expect(bridged.dataSystem.status.current.state).toBe('valid')
  expect(bridged.events).toEqual(['ready'])
})
