import { describe, expect, it } from 'vitest'
import { checkStream } from '../../../src/cli/doctor/check-stream.ts'
import { goodbyeEvent, toEventStream } from '../../../src/protocol/encoder.ts'
import { VirtualClock } from '../../../src/testing/index.ts'
import { undiciTransport } from '../../../src/transport/undici-transport.ts'
import {
  body,
  bytes,
  everythingPut,
  fdv1Body,
  full,
  LiveStream,
  type Origin,
  put,
  silence,
  startOrigin,
  status,
} from '../../support/origin.ts'
import { begin, running } from '../running.ts'
import { checkupWith, type Diagnosis, doctoring, listed, SDK_KEY } from './doctoring.ts'

const FLAGS = [put('a'), put('b')]

/** Starts a service that answers everything. */
async function startService(): Promise<Origin> {
  const origin = await startOrigin()
  origin.poll.always(body(full('state', ...FLAGS)))
  origin.stream.always(new LiveStream(full('state', ...FLAGS)).answer)
  origin.others.always((received, response) =>
    response.writeHead(received.path === '/bulk' ? 202 : 404).end(),
  )
  return origin
}

function asked({ url }: Origin, env: NodeJS.ProcessEnv = {}, key = SDK_KEY): Promise<Diagnosis> {
  return doctoring(['--url', url], { LAUNCHDARKLY_SDK_KEY: key, ...env })
}

describe('halyard doctor with a service', () => {
  it('(DO3.4, DO3.6, DO1.5) passes a service that answers everything, and sends no event', async () => {
    const origin = await startService()
    const { verdicts, of, status: code } = await asked(origin)
    expect(verdicts.slice(-6)).toEqual(
      ['key', 'access', 'protocol', 'flags', 'stream', 'events'].map((id) => `${id} ok`),
    )
    expect(of('protocol').seen).toBe('FDv2')
    expect(of('flags')).toMatchObject({ facts: { flags: 2, segments: 0 } })
    expect(of('flags').seen).toMatch(/^2 flags, 0 segments, \d+ B$/)
    const [post] = origin.received.filter(({ path }) => path === '/bulk')
    expect(post?.headers).toMatchObject({ 'content-length': '2', authorization: SDK_KEY })
    expect(code).toBe(0)
  })

  it.each([
    ['mob-11112222-3333-4444-5555-66667777abcd', '…abcd is a mobile key, not an SDK key'],
    ['0123456789abcdef01234567', '…4567 is a client-side ID, not an SDK key'],
    ['api-11112222-3333-4444-5555-66667777abcd', '…abcd is an access token, not an SDK key'],
    [`${SDK_KEY}\n`, 'not an SDK key: a string that begins or ends with white space'],
    ['', 'not an SDK key: an empty string'],
  ])('(DO3.1) refuses %j, and does not send it', async (key, seen) => {
    const origin = await startService()
    const { of, status: code } = await asked(origin, {}, key)
    expect([of('key').verdict, of('key').seen, code]).toEqual(['failed', expect.stringContaining(seen), 1])
    expect(of('access').verdict).toBe('skipped')
    expect(origin.received.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  it('(DO1.7) prints no more of a key than its last four characters', async () => {
    const { url } = await startService()
    const text = await running(['doctor', '--url', url, '--sdk-key', SDK_KEY])
    expect(text.stdout).toContain('…abcd')
    expect(text.stdout).not.toMatch(/7abcd|1111|sdk-1/)
    const short = await running(['doctor', '--url', url, '--sdk-key', 'hunter2'])
    expect(short.stdout).not.toContain('ter2')
  })

  it.each([false, true])('(DO1.7) hides a key that the service repeats: JSON %s', async (json) => {
    const origin = await startService()
    origin.stream.always(new LiveStream([goodbyeEvent(`closed for ${SDK_KEY}`)]).answer)
    const args = ['doctor', '--url', origin.url, '--sdk-key', SDK_KEY, ...(json ? ['--json'] : [])]
    const { stdout } = await running(args)
    expect(stdout).toContain('closed for (key hidden)')
    expect(stdout).not.toContain(SDK_KEY)
  })

  it.each([401, 403])('(DO3.2) names a key that is refused with %i, and sends it once', async (code) => {
    const origin = await startService()
    origin.poll.always(status(code))
    const { of, verdicts, status: exit } = await asked(origin)
    expect(of('access')).toMatchObject({
      verdict: 'failed',
      seen: `the service refuses the key (${code})`,
      remedy: expect.stringContaining('environment'),
    })
    expect(verdicts.slice(-4)).toEqual(['protocol', 'flags', 'stream', 'events'].map((id) => `${id} skipped`))
    expect(origin.received.filter(({ headers }) => headers.authorization)).toHaveLength(1)
    expect(exit).toBe(1)
  })

  describe('of FDv1', () => {
    async function startFdv1(): Promise<Origin> {
      const origin = await startService()
      origin.poll.always(status(404))
      origin.stream.always(status(404))
      origin.fdv1.poll.always(fdv1Body(FLAGS))
      origin.fdv1.stream.always(new LiveStream(() => everythingPut(...FLAGS)).answer)
      return origin
    }

    it('(DO3.3) warns that it does not know FDv2, and streams with FDv1', async () => {
      const { of, status: code } = await asked(await startFdv1())
      expect(of('protocol')).toMatchObject({
        verdict: 'warning',
        seen: 'FDv1 only: /sdk/poll is answered with 404',
        remedy: expect.stringContaining('HALYARD_DATA_SAVING_MODE=off'),
      })
      expect([of('flags').facts, of('stream').facts]).toMatchObject([{ flags: 2 }, { protocol: 'fdv1' }])
      expect(code).toBe(0)
    })

    it('(DO3.3) is a failure for clients of FDv2, and right for clients of FDv1', async () => {
      const origin = await startFdv1()
      const wrong = await asked(origin, { HALYARD_DATA_SAVING_MODE: 'on' })
      expect([wrong.of('protocol').verdict, wrong.status]).toEqual(['failed', 1])
      const right = await asked(origin, { HALYARD_DATA_SAVING_MODE: 'off' })
      expect([right.of('protocol').verdict, right.of('protocol').seen]).toEqual(['ok', 'FDv1, as configured'])
    })

    it('(DO3.3) may be ordered by the directive of the service', async () => {
      const origin = await startFdv1()
      origin.poll.always(body([], { 'x-ld-fd-fallback': 'true', 'x-ld-fd-fallback-ttl': '3600' }))
      const { of } = await asked(origin)
      expect(of('protocol')).toMatchObject({
        verdict: 'ok',
        seen: 'the service directs clients to FDv1 for 3600 s (x-ld-fd-fallback)',
        facts: { directive: true, ttlSeconds: 3600 },
      })
      expect(of('stream').verdict).toBe('ok')
      origin.fdv1.poll.always(status(404))
      const broken = await asked(origin)
      expect(broken.of('protocol')).toMatchObject({
        verdict: 'failed',
        seen: expect.stringContaining('but FDv1 fails: the server answered 404'),
      })
    })
  })

  it('(DO3.4) warns of an environment without flags', async () => {
    const origin = await startService()
    origin.poll.always(body(full('state')))
    const { of } = await asked(origin)
    expect(of('flags')).toMatchObject({ verdict: 'warning', remedy: expect.stringContaining('environment') })
  })

  it.each([
    [
      bytes(200, { 'content-type': 'text/html' }, '<html>'),
      'content type text/html',
      'not that of a flag service',
    ],
    [status(500), 'the server answered 500', 'log of the server'],
    [status(404), 'the server answered 404', 'Check the URL'],
  ] as const)(
    '(DO3.2) explains an answer that is not that of a service: %#',
    async (answer, seen, remedy) => {
      const origin = await startService()
      origin.poll.always(answer)
      origin.fdv1.poll.always(status(404))
      const { of } = await asked(origin)
      expect(of('access')).toMatchObject({
        verdict: 'failed',
        seen: expect.stringContaining(seen),
        remedy: expect.stringContaining(remedy),
      })
      expect([of('flags').verdict, of('stream').verdict]).toEqual(['skipped', 'ok'])
    },
  )

  it.each([
    [401, 'failed'],
    [404, 'failed'],
    [503, 'warning'],
    [400, 'ok'],
  ])('(DO3.6) judges the answer %i of the events endpoint', async (code, verdict) => {
    const origin = await startService()
    origin.others.always((received, response) =>
      response.writeHead(received.path === '/bulk' ? code : 200).end(),
    )
    expect((await asked(origin)).of('events').verdict).toBe(verdict)
  })

  it.each(['--polling', '--streaming'])(
    '(DO3.7) sends no key to the hosted service if another service is named with %s',
    async (option) => {
      const { url } = await startService()
      const { of, checks } = await doctoring([option, url, '--sdk-key', SDK_KEY])
      const [, origin] = [...new Set(checks.map(({ subject }) => subject))]
      expect(origin).toBe(`${url} (streaming, polling)`)
      expect(JSON.stringify(checks)).not.toContain('launchdarkly.com')
      expect([of('events').verdict, of('events').seen]).toEqual(['skipped', 'no address of events was given'])
    },
  )

  it('(DO1.3) needs a key for most checks', async () => {
    const { of, status: code } = await doctoring(['--url', (await startService()).url])
    expect(of('key')).toMatchObject({
      verdict: 'skipped',
      remedy: expect.stringContaining('LAUNCHDARKLY_SDK_KEY'),
    })
    expect([of('stream').seen, code]).toEqual(['needs an SDK key', 0])
  })

  it('(DO1.8) ends with 1 when it is stopped, whatever check is running', async () => {
    const origin = await startService()
    origin.stream.always(silence)
    const command = begin(['doctor', '--url', origin.url, '--sdk-key', SDK_KEY])
    await origin.until(() => origin.stream.received.length > 0, 'the stream')
    command.signal('SIGINT')
    expect(await command.ended).toBe(1)
    expect(command.stderr()).toBe('stopped by SIGINT\n')
    expect(command.stdout()).toContain('access')
  })
})

describe('a stream of which nothing arrives', () => {
  async function after10s(origin: Origin): Promise<ReturnType<Diagnosis['of']>> {
    const clock = new VirtualClock()
    const checkup = checkupWith(clock, 10_000)
    const transport = undiciTransport({ proxy: 'none' })
    const endpoint = { url: origin.url, transport, isReachable: true }
    const done = checkup.run('stream', (signal) =>
      checkStream(endpoint, 'fdv2', { headers: {}, checkup, signal }),
    )
    await origin.until(() => origin.stream.received.length > 0, 'the request')
    // The headers need a moment to arrive.
    await expect.poll(() => origin.connections).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await clock.advance(10_000)
    await done
    await transport.close()
    return listed(checkup.results).of('stream')
  }

  it('(DO3.5) is buffered by a proxy if the headers arrived', async () => {
    const origin = await startOrigin()
    origin.stream.always(new LiveStream([]).answer)
    expect(await after10s(origin)).toMatchObject({
      verdict: 'failed',
      seen: 'status 200 and no event within 10 s: a proxy buffers the stream',
      remedy: expect.stringContaining('docs/behind-a-proxy.md'),
    })
  })

  it('(DO3.5) is buffered by a proxy if a part of the first payload arrived', async () => {
    const origin = await startOrigin()
    const half = toEventStream(full('state', ...FLAGS)).slice(0, 100)
    origin.stream.always(new LiveStream(() => half).answer)
    expect((await after10s(origin)).seen).toMatch(/only a part of the first payload \(100 bytes\)/)
  })

  it('(DO3.5) may be buffered by a proxy if no answer arrived', async () => {
    const origin = await startOrigin()
    origin.stream.always(silence)
    expect(await after10s(origin)).toMatchObject({
      verdict: 'failed',
      seen: expect.stringMatching(/^no answer within 10 s, .*: a proxy may hold the stream back$/),
    })
  })
})
