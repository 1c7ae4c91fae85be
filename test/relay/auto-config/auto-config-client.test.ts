import { describe, expect, it } from 'vitest'
import { environmentRep } from '../../../src/testing/auto-config-rep.ts'
import { listOf, startClient, type TestClient, type TestStream } from './streams.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const saved = {
  savedAt: 5_000,
  environments: { old: environmentRep({ id: 'old', sdkKey: 'sdk-old' }, 1) },
}

/** Resolves with the stream of this number, counted from 0, when it is open. */
async function stream({ clock, streams }: TestClient, number = 0): Promise<TestStream> {
  await clock.advance(0)
  const found = streams[number]
  if (!found) throw new Error(`there is no stream ${number}`)
  return found
}

describe('the stream', () => {
  it('(AC2) brings environments by put, patch and delete', async () => {
    const test = startClient()
    const events = await stream(test)
    events.send('put', listOf('a', 'b'))
    await test.clock.advance(0)
    expect(test.ids()).toEqual(['a', 'b'])
    expect(test.client.view).toMatchObject({ state: 'valid', configuration: 'live' })
    events.send('patch', { path: '/environments/c', data: environmentRep({ id: 'c', sdkKey: 'sdk-c' }, 1) })
    events.send('delete', { path: '/environments/a', version: 2 })
    await test.clock.advance(0)
    expect(test.ids()).toEqual(['b', 'c'])
    expect(Object.keys(test.written.at(-1) ?? {})).toEqual(['b', 'c'])
    await test.stop()
  })

  it('(AC2.6) ignores unknown events, paths and filters with one warning each', async () => {
    const test = startClient()
    const events = await stream(test)
    events.send('put', { path: '/', data: { ...(listOf('a') as { data: object }).data, filters: { f: {} } } })
    for (let time = 0; time < 2; time++) {
      events.send('patch', { path: '/filters/f', data: {} })
      events.send('patch', { path: '/views/v', data: {} })
      events.send('delete', { path: '/environments', version: 2 })
      events.send('surprise', 'x')
    }
    await test.clock.advance(0)
    expect(test.ids()).toEqual(['a'])
    expect(test.log).toEqual([
      'warn: auto-config: ignored filters of payloads, which this relay does not have; environments are served whole',
      'warn: auto-config: ignored patch: an unknown path "/views/v"',
      'warn: auto-config: ignored delete: an unknown path "/environments"',
      'warn: auto-config: ignored an unknown event "surprise"',
    ])
    await test.stop()
  })

  it.each([
    ['put', '{nonsense'],
    ['put', '[]'],
    ['put', '{"path":"/","data":{}}'],
    ['patch', '{"data":{}}'],
  ])(
    '(AC3.2) is opened again after the malformed event %s %s, and environments stay',
    async (event, data) => {
      const test = startClient()
      const events = await stream(test)
      events.send('put', listOf('a'))
      events.send(event, data)
      await test.clock.advance(999)
      expect([events.isClosed, test.streams.length]).toEqual([true, 1])
      expect(test.client.view).toMatchObject({ state: 'interrupted', lastError: { kind: 'invalid_data' } })
      await test.clock.advance(1)
      expect([test.streams.length, test.ids()]).toEqual([2, ['a']])
      await test.stop()
    },
  )

  it('(AC2.4, AC2.5) names an ignored environment without its keys, and is opened again if keys are incomplete', async () => {
    const test = startClient()
    const events = await stream(test)
    events.send('put', listOf('a'))
    const patch = (rep: object): object => ({ path: '/environments/a', data: rep })
    events.send('patch', patch(environmentRep({ id: 'a', sdkKey: 'secret key' }, 2)))
    const sdkKeys = [{ key: 'k', value: 'secret-2' }]
    events.send('patch', patch(environmentRep({ id: 'a', sdkKey: 'secret-1', sdkKeys }, 2)))
    await test.clock.advance(1_000)
    expect(test.log.slice(0, 2)).toEqual([
      'warn: auto-config: ignored the patch of environment a: sdkKey.value: expected a key or token of printable characters, without spaces and line breaks, received a string (value hidden); its former state stays in effect',
      'warn: auto-config: ignored the patch of environment a: sdkKeys: expected a list that contains the current SDK key; its former state stays in effect',
    ])
    expect(test.log.join('\n')).not.toContain('secret')
    expect(test.streams.length).toBe(2)
    await test.stop()
  })

  it('(AC2.5) applies the other environments of a put with incomplete keys, and is opened again', async () => {
    const test = startClient()
    const events = await stream(test)
    const sdkKeys = [{ key: 'k', value: 'sdk-other' }]
    const incomplete = environmentRep({ id: 'b', sdkKey: 'sdk-b', sdkKeys }, 1)
    const put = (version: number): object => ({
      path: '/',
      data: { environments: { a: environmentRep({ id: 'a', sdkKey: 'sdk-a' }, version), b: incomplete } },
    })
    events.send('put', put(1))
    await test.clock.advance(1_000)
    expect([test.ids(), test.written.length, test.client.view.configuration]).toEqual([['a'], 1, 'live'])
    ;(await stream(test, 1)).send('put', put(2))
    await test.clock.advance(0)
    expect([test.ids(), test.written.length, test.client.view.state]).toEqual([['a'], 2, 'interrupted'])
    await test.stop()
  })

  it('(AC3.3) is opened again after 5 min without a byte; a heartbeat is a byte', async () => {
    const test = startClient()
    const events = await stream(test)
    events.send('put', listOf('a'))
    await test.clock.advance(5 * MINUTE - 1)
    events.heartbeat()
    await test.clock.advance(5 * MINUTE - 1)
    expect([events.isClosed, test.client.view.state]).toEqual([false, 'valid'])
    await test.clock.advance(1)
    expect([events.isClosed, test.client.view.state]).toEqual([true, 'interrupted'])
    await test.clock.advance(1_000)
    expect(test.streams.length).toBe(2)
    await test.stop()
  })

  it('(AC3.4) has delays from 1 s to 30 s after failures, and from 1 s again after a good minute', async () => {
    const test = startClient({ status: 503 })
    await test.clock.advance(1_000 + 2_000 + 4_000 + 8_000 + 16_000 + 30_000 + 30_000)
    expect(test.requestedAt.map((at, index) => at - (test.requestedAt[index - 1] ?? 0))).toEqual([
      0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ])
    test.answer(200)
    await test.clock.advance(30_000)
    const events = await stream(test)
    events.send('put', listOf('a'))
    await test.clock.advance(MINUTE)
    events.end()
    await test.clock.advance(1_000)
    expect(test.streams[1]?.at).toBe(events.at + MINUTE + 1_000)
    await test.stop()
  })

  it('(AC3.4) shortens delays at random by up to half', async () => {
    const test = startClient({ random: () => 0.999_999, status: 503 })
    await test.clock.advance(501)
    expect(test.requestedAt.length).toBe(2)
    await test.stop()
  })

  it('(AC3.5) is opened again within 1 s after reconnect, but with a growing delay if it brings nothing else', async () => {
    const test = startClient({ random: () => 0.5 })
    const events = await stream(test)
    events.send('put', listOf('a'))
    events.send('reconnect', {})
    await test.clock.advance(499)
    expect(test.streams.length).toBe(1)
    await test.clock.advance(1)
    expect([test.streams.length, test.client.view.state]).toEqual([2, 'valid'])
    ;(await stream(test, 1)).send('reconnect', {})
    await test.clock.advance(750)
    ;(await stream(test, 2)).send('reconnect', {})
    await test.clock.advance(1_499)
    expect(test.streams.length).toBe(3)
    await test.clock.advance(1)
    expect(test.streams.length).toBe(4)
    await test.stop()
  })

  it.each([401, 403])('(AC3.6) is requested again 5 min to 1 h after %i', async (status) => {
    const test = startClient({ random: () => 0.999_999, status })
    await test.clock.advance(10 * HOUR)
    const delays = test.requestedAt.slice(1).map((at, index) => at - (test.requestedAt[index] ?? 0))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(5 * MINUTE)
    expect(Math.max(...delays)).toBeLessThanOrEqual(HOUR)
    expect(delays.length).toBeGreaterThan(9)
    expect(test.log.filter((line) => line.startsWith('error:'))).toEqual([
      expect.stringContaining(`the server answered ${status} (is the automatic configuration key right?)`),
    ])
    await test.stop()
  })

  it('leaves no timer behind', async () => {
    const test = startClient()
    ;(await stream(test)).send('put', listOf('a'))
    await test.clock.advance(1_000)
    await test.stop()
    expect(test.clock.armed).toBe(0)
  })
})

describe('the copy', () => {
  it('(AC4.3) takes effect if no list has arrived within initTimeout, and a list of the service replaces it', async () => {
    const test = startClient({ saved })
    const events = await stream(test)
    await test.clock.advance(9_999)
    expect(test.client.view.configuration).toBe('none')
    await test.clock.advance(1)
    expect([test.client.view.configuration, test.ids()]).toEqual(['cached', ['old']])
    await test.client.configured
    expect(test.log).toEqual([
      'warn: auto-config: no answer of the service; using the copy of 1970-01-01T00:00:05.000Z with 1 environment until it answers',
    ])
    events.send('put', listOf('new'))
    await test.clock.advance(0)
    expect([test.client.view.configuration, test.ids()]).toEqual(['live', ['new']])
    await test.stop()
  })

  it('(AC4.3) takes effect at once if the key was refused', async () => {
    const test = startClient({ saved, status: 401 })
    await test.client.configured
    expect([test.client.view.configuration, test.ids(), test.clock.monotonic()]).toEqual([
      'cached',
      ['old'],
      0,
    ])
    await test.stop()
  })

  it('(AC4.3) has no effect after a list of the service', async () => {
    const test = startClient({ saved })
    ;(await stream(test)).send('put', listOf())
    await test.clock.advance(10_000)
    expect([test.client.view.configuration, test.ids()]).toEqual(['live', []])
    await test.stop()
  })

  it('(AC4.2) is not needed to end the wait for a list at initTimeout', async () => {
    const test = startClient({ status: 'hang' })
    await test.clock.advance(10_000)
    await test.client.configured
    expect(test.client.view.configuration).toBe('none')
    await test.stop()
  })
})
