import { setTimeout } from 'node:timers/promises'
import { HttpRequestInterceptor } from '@mswjs/interceptors/http'
import { http } from 'msw'
import { defineNetwork, InterceptorSource } from 'msw/experimental'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Timings } from '../../src/datasystem/parts.ts'
import { fail, type ScriptedOrigin, scriptedOrigin } from '../../src/testing/index.ts'
import { SHORT_TIMINGS } from '../../src/testing/short-timings.ts'
import { type Engine, startEngine } from '../support/engine.ts'

/**
 * The failover of the default preset, with msw as the service. The undici of npm is visible only to the catch-all
 * interceptor (`setupServer` does not see it), and a streaming mock must send `transfer-encoding: chunked`.
 *
 *     stream     fails ......................... works again
 *     active     polling initializer | polling     | streaming
 *     checkout   1                     2 (a poll)    3 (an event)
 */

const network = defineNetwork({
  sources: [new InterceptorSource({ interceptors: [new HttpRequestInterceptor()] })],
  handlers: [],
  onUnhandledFrame: 'error',
  context: { quiet: true },
})

beforeAll(() => network.enable())
afterEach(() => network.resetHandlers())
afterAll(() => network.disable())

/** A duration in milliseconds that disables a rule for the length of a test. */
const TOO_LATE = 600_000

/** Timings with which no source is left, or checked by a poll, because the machine is busy. */
const NEVER_SILENT = {
  pollSilenceMs: TOO_LATE,
  streamHeadersMs: TOO_LATE,
  streamSilenceMs: TOO_LATE,
  streamQuietMs: TOO_LATE,
}

/** A cut within the first full payload, after the intent and the first flag. */
const MID_PAYLOAD = fail.cutAt(300)

function startService(): ScriptedOrigin {
  const service = scriptedOrigin({ flags: [{ key: 'checkout' }, { key: 'kept' }] })
  network.use(http.all(`${service.url}/*`, ({ request }) => service.respond(request)))
  return service
}

/** Publishes the next version of the flag to the open streams. */
function update({ data }: ScriptedOrigin): void {
  data.set({ key: 'checkout' })
}

function start(service: ScriptedOrigin, timings: Partial<Timings>): Engine {
  const engine = startEngine({ endpoints: service.endpoints, timings: { ...NEVER_SILENT, ...timings } })
  onTestFinished(() => expect(service.stream.requests.map(({ basis }) => basis)).not.toContain(undefined))
  return engine
}

/** Checks the served data in each turn of the event loop. The returned function ends this and returns the counts. */
function watchFlags({ system }: Engine): () => { readonly checks: number; readonly missing: number } {
  let checks = 0
  let missing = 0
  let watching = true
  const check = (): void => {
    checks++
    if (!system.flag('checkout') || !system.flag('kept') || !system.initialized) missing++
    if (watching) setImmediate(check)
  }
  check()
  return () => {
    watching = false
    return { checks, missing }
  }
}

/** Expects polling to take over after the first data, and the stream to take over again once it works. */
async function fallsBackAndRecovers(service: ScriptedOrigin, engine: Engine): Promise<void> {
  const { system } = engine
  const stopWatching = watchFlags(engine)
  const first = service.state

  await engine.follows('polling')
  update(service)
  const second = service.state
  await engine.serves('checkout', 2)
  expect(system.status.current).toMatchObject({ state: 'valid', source: 'polling' })
  expect(service.poll.requests.at(-1)?.basis).toBe(first)

  service.stream.heal()
  await engine.follows('streaming')
  const pollsSoFar = service.poll.requests.length
  update(service)
  await engine.serves('checkout', 3)
  expect(system.status.current).toMatchObject({ state: 'valid', source: 'streaming' })
  expect(service.stream.requests.at(-1)?.basis).toBe(second)
  // There is one writer at a time: polling has ended, except for one request that may have been under way. These timers
  // fire after those of polls, even on a busy machine.
  for (let polls = 0; polls < 3; polls++) await setTimeout(SHORT_TIMINGS.pollIntervalMs)
  expect(service.poll.requests.length).toBeLessThanOrEqual(pollsSoFar + 1)

  const { checks, missing } = stopWatching()
  expect(checks).toBeGreaterThan(10)
  expect(missing).toBe(0)
  expect(system.availability).toBe('refreshed')
}

describe('the default preset, while the stream fails', () => {
  it('(D4, D5) serves from polling while the stream answers 503, and returns to the stream', async () => {
    const service = startService()
    service.stream.always(fail.status(503))
    const engine = start(service, { firstDataMs: TOO_LATE, interruptedMs: TOO_LATE })
    await engine.system.waitForInitialization()

    await fallsBackAndRecovers(service, engine)

    expect(engine.transitions).toEqual([
      'initializing polling initializer',
      'valid polling initializer',
      'interrupted streaming',
      'interrupted polling',
      'valid polling',
      'valid streaming',
    ])
    expect(engine.system.status.current.lastError).toMatchObject({
      kind: 'error_response',
      status: 503,
      source: 'streaming',
    })
  })

  it('(D4, D5, D13) serves from polling while each stream is truncated within a payload', async () => {
    const service = startService()
    service.stream.always(MID_PAYLOAD)
    const engine = start(service, { noProgressMs: TOO_LATE, interruptedMs: TOO_LATE })
    await engine.system.waitForInitialization()

    await fallsBackAndRecovers(service, engine)

    expect(engine.transitions).toEqual([
      'initializing polling initializer',
      'valid polling initializer',
      'interrupted streaming',
      'interrupted polling',
      'valid polling',
      'valid streaming',
    ])
    expect(engine.system.status.current.lastError).toMatchObject({
      kind: 'network_error',
      source: 'streaming',
    })
  })

  it('(D4, D5, D13) serves from polling after a working stream was truncated within a payload', async () => {
    const service = startService()
    const engine = start(service, { noProgressMs: TOO_LATE, firstDataMs: TOO_LATE })
    await engine.follows('streaming')

    service.stream.always(MID_PAYLOAD).interrupt(MID_PAYLOAD)
    await fallsBackAndRecovers(service, engine)

    expect(engine.transitions).toEqual([
      'initializing polling initializer',
      'valid polling initializer',
      'valid streaming',
      'interrupted streaming',
      'interrupted polling',
      'valid polling',
      'valid streaming',
    ])
  })

  it('(D4, D5) serves from polling while the stream never answers, and returns to the stream', async () => {
    const service = startService()
    service.stream.always(fail.hang())
    const engine = start(service, { firstDataMs: TOO_LATE, interruptedMs: TOO_LATE })
    await engine.system.waitForInitialization()

    await fallsBackAndRecovers(service, engine)

    // The status stayed `valid` until the first result of polling (D3).
    expect(engine.transitions).toEqual([
      'initializing polling initializer',
      'valid polling initializer',
      'valid polling',
      'valid streaming',
    ])
    expect(engine.system.status.current.lastError).toBeUndefined()
  })

  it('(D9) serves from polling after the stream refused the key and was retired', async () => {
    const service = startService()
    service.stream.always(fail.status(401))
    const engine = start(service, {})
    await engine.follows('polling')
    update(service)
    await engine.serves('checkout', 2)
    // A retired source is not opened for ten minutes. The timer of the recovery would fire before these.
    for (let recoveries = 0; recoveries < 3; recoveries++) await setTimeout(SHORT_TIMINGS.recoveryMs)
    expect(service.stream.requests).toHaveLength(1)
  })

  it('(D7) reopens the stream at its basis after a goodbye, without other requests', async () => {
    const service = startService()
    const engine = start(service, {})
    await engine.follows('streaming')
    const polls = service.poll.requests.length
    service.stream.interrupt(fail.goodbye())
    await engine.until(() => service.stream.open === 1, 'a new stream')
    update(service)
    await engine.serves('checkout', 2)
    expect(service.stream.requests).toHaveLength(2)
    expect(service.stream.requests.at(-1)?.basis).toBe(service.stream.requests[0]?.basis)
    expect(service.poll.requests).toHaveLength(polls)
    expect(engine.system.status.current.lastError).toBeUndefined()
  })

  it.each([
    ['in headers', fail.directive({ ttlSeconds: 1 })],
    ['in a goodbye', fail.goodbye('use FDv1', { ttlSeconds: 1 })],
  ])('(D8) serves from FDv1 while the server orders it %s, then from the stream again', async (_, order) => {
    const service = startService()
    service.stream.next(order)
    const engine = startEngine({ endpoints: service.endpoints })
    await engine.follows('fdv1 polling')
    const polls = service.poll.requests.length
    update(service)
    await engine.serves('checkout', 2)
    expect(service.stream.requests).toHaveLength(1)
    expect(service.poll.requests).toHaveLength(polls)
    expect(service.fdv1Poll.requests.every(({ basis }) => basis === undefined)).toBe(true)

    await engine.follows('streaming')
    // FDv1 data has no basis (D12).
    expect(service.stream.requests.at(-1)?.basis).toBeUndefined()
    update(service)
    await engine.serves('checkout', 3)
  })
})
