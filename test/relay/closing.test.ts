import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { type RelayServer, startRelayServer } from '../../src/relay/relay.ts'
import { serve } from '../client/starting.ts'
import { certificatePath } from '../support/certificates.ts'
import { SDK_KEY } from '../support/engine.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../support/redis-server.ts'
import { constant } from '../support/stored.ts'
import { at, DEFAULTS, keyed, NOWHERE, silent, start, upstream } from './starting.ts'

const SECOND = { name: 'second', sdkKey: 'sdk-second-0b5e' }

const status = async (relay: RelayServer, path: string, headers: Record<string, string>): Promise<number> =>
  (await fetch(relay.url + path, { headers })).status

it('(S93) answers 503 while an environment is replaced, never 401, after which official SDKs give up', async () => {
  const served = await serve({ flags: { a: constant('a', 1, 'x'.repeat(32 * 1024 * 1024)) } })
  const relay = await start({ endpoints: at(served), stallMs: 3_000 })
  await relay.started
  // A client that does not read delays the end of the environment until it is disconnected.
  const socket = connect(Number(new URL(relay.url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.pause()
  socket.write(`GET /sdk/stream HTTP/1.1\r\nhost: x\r\nauthorization: ${SDK_KEY}\r\n\r\n`)
  await expect.poll(() => relay.view.environments[0]?.clients.fdv2).toBe(1)
  const changed = { ...DEFAULTS.environments[0], projKey: 'x' } as never
  const done = relay.reload({ ...DEFAULTS, stallMs: 3_000, endpoints: at(served), environments: [changed] })
  const during = await status(relay, '/sdk/poll?basis=state-1', keyed)
  await done
  expect(during).not.toBe(401)
})

it('(S206.5) never refuses a key that moves to a new environment while another one ends', async () => {
  const served = await serve({ flags: { a: constant('a', 1, 'x'.repeat(32 * 1024 * 1024)) } })
  const moreSdkKeys = [{ value: 'sdk-moving' }]
  const config = { ...DEFAULTS, stallMs: 3_000, endpoints: at(served) }
  const [ending] = DEFAULTS.environments as [(typeof DEFAULTS.environments)[0]]
  const relay = await start({ ...config, environments: [ending, { ...SECOND, moreSdkKeys }] })
  await relay.started
  // A client that does not read delays the end of the environment until it is disconnected.
  const socket = connect(Number(new URL(relay.url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.pause()
  socket.write(`GET /sdk/stream HTTP/1.1\r\nhost: x\r\nauthorization: ${SDK_KEY}\r\n\r\n`)
  await expect.poll(() => relay.view.environments[0]?.clients.fdv2).toBe(1)
  const third = { name: 'third', sdkKey: 'sdk-third-7a31', moreSdkKeys }
  const done = relay.reload({ ...config, environments: [SECOND, third] })
  await expect.poll(() => relay.view.environments.length).toBe(1)
  const during = await status(relay, '/sdk/poll', { authorization: 'sdk-moving' })
  await done
  expect(during).not.toBe(401)
  await expect.poll(() => status(relay, '/sdk/poll', { authorization: 'sdk-moving' })).toBe(200)
})

it('(S95) answers 503, not 401, on a kept connection while the relay closes', async () => {
  const served = await serve({ flags: { a: constant('a', 1, 'x'.repeat(32 * 1024 * 1024)) } })
  const relay = await start({ endpoints: at(served), initTimeoutMs: 60_000 })
  expect(await relay.started).toEqual([])
  const open = async (path: string) => {
    const socket = connect(Number(new URL(relay.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${SDK_KEY}\r\n\r\n`)
    return socket
  }
  // One client does not read and delays the close of the relay; another has sent half of its next request.
  await open('/sdk/stream')
  await expect.poll(() => relay.view.environments[0]?.clients.fdv2).toBe(1)
  const kept = connect(Number(new URL(relay.url).port), '127.0.0.1')
  onTestFinished(() => void kept.destroy())
  await once(kept, 'connect')
  // Sent together with a complete request, whose answer proves that the relay has read the half, too.
  kept.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /sdk/poll?basis=state-1 HTTP/1.1\r\nhost: x\r\n')
  await once(kept, 'data')
  const closing = relay.close()
  kept.write(`authorization: ${SDK_KEY}\r\n\r\n`)
  const [answer] = (await once(kept, 'data')) as [Buffer]
  await closing
  expect(answer.toString().split('\r\n')[0]).not.toContain('401')
})

it('(S95) a TLS relay closes during the handshake of a client', async () => {
  const tls = { certFile: certificatePath('leaf.cert.pem'), keyFile: certificatePath('leaf.key.pem') }
  const relay = await start({ endpoints: NOWHERE, tls })
  const { port } = new URL(relay.url)
  const socket = connect(Number(port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  await relay.close()
})

it('(S10) closes although a client keeps its connection after the goodbye', async () => {
  const served = await upstream('one')
  const after = vi.fn((ms: number, wake: () => void) => systemClock.after(ms, wake))
  const clock = { ...systemClock, after }
  const relay = await startRelayServer({ ...DEFAULTS, endpoints: at(served) }, { logger: silent, clock })
  await relay.started
  const socket = connect(Number(new URL(relay.url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let output = ''
  socket.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  socket.write(`GET /sdk/stream HTTP/1.1\r\nhost: x\r\nauthorization: ${SDK_KEY}\r\n\r\n`)
  await expect.poll(() => output).toContain('payload-transferred')
  const ended = once(socket, 'end')
  // The drain time-out does not end here, so it destroys no connection.
  after.mockImplementation(() => () => {})
  await relay.close()
  await ended
  expect(output).toContain('event: goodbye')
})

describeWithRedis('a relay whose environments change, with Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())
  const store = () => ({ type: 'redis', url: redis.url, localTtlMs: 0 }) as const

  it('(S92) a reload without a database does not move environments to the default prefix of the old one', async () => {
    const served = await upstream('one')
    const environments = [
      { ...DEFAULTS.environments[0], prefix: 'one' } as never,
      { ...SECOND, prefix: 'two' },
    ]
    const relay = await start({ endpoints: at(served), store: store(), environments })
    await relay.started
    await eventually(async () => (await redis.as((client) => client.exists('one:$inited'))) === 1)
    await relay.reload({
      ...DEFAULTS,
      endpoints: at(served),
      environments: [...DEFAULTS.environments, SECOND],
    })
    await expect
      .poll(() => relay.view.environments.map(({ serving, store }) => [serving, store]))
      .toEqual([
        ['live', undefined],
        ['live', undefined],
      ])
    await relay.close()
    expect(await redis.as((client) => client.keys('launchdarkly:*'))).toEqual([])
  })

  it('(S94) serves an environment that a reload has added from the database if the service does not answer', async () => {
    const served = await upstream('one')
    const environments = [{ ...SECOND, prefix: 'late' }]
    const first = await start({ endpoints: at(served), store: store(), environments })
    await first.started
    await eventually(async () => (await redis.as((client) => client.exists('late:$inited'))) === 1)
    await first.close()
    await redis.as((client) => client.del('late:$halyard'))
    const old = [{ ...DEFAULTS.environments[0], prefix: 'old' } as never]
    const relay = await start({ endpoints: NOWHERE, store: store(), environments: old, initTimeoutMs: 300 })
    await relay.started
    await relay.reload({
      ...DEFAULTS,
      endpoints: NOWHERE,
      store: store(),
      initTimeoutMs: 300,
      environments: [...old, ...environments],
    })
    await expect.poll(() => status(relay, '/sdk/latest-all', { authorization: SECOND.sdkKey })).toBe(200)
  })
})
