import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { startRelay } from '../../src/relay/index.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { openStream } from '../server/raw-http.ts'
import { SDK_KEY } from '../support/engine.ts'
import { type RunningRelay, startRelayCommand } from '../support/relay-command.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { startService } from '../support/service.ts'
import { constant } from '../support/stored.ts'
import { ask, at, keyed, NOWHERE, silent, start, upstream } from './starting.ts'

/** Starts a relay that serves one flag, with more variables. */
async function run(
  variables: Readonly<Record<string, string>>,
  begin: typeof startRelayCommand = startRelayCommand,
): Promise<RunningRelay> {
  const { url } = await startService({ [SDK_KEY]: { flags: { a: constant('a', 1, 'one') } } })
  const settings = { LD_ENV_one: SDK_KEY, PORT: '0', HALYARD_RELAY_HOST: '127.0.0.1' }
  const relay = await begin(['--from-env'], {
    ...settings,
    BASE_URI: url,
    STREAM_URI: url,
    ...variables,
  })
  await expect.poll(async () => (await relay.ask('/readyz')).status).toBe(200)
  return relay
}

const FOR_LONG = { HALYARD_RELAY_SHUTDOWN_DELAY: '1h' }

it('(S195) on SIGTERM a relay is unready and serves, new clients too; a second signal ends it at once', async () => {
  const relay = await run(FOR_LONG, startRelayProcess)
  const stream = await openStream(`${relay.url}/sdk/stream`, keyed)
  await stream.until('payload-transferred')
  relay.signal('SIGTERM')
  await expect.poll(async () => (await relay.ask('/readyz')).status).toBe(503)
  expect((await relay.ask('/healthz')).status).toBe(200)
  expect((await relay.ask('/sdk/flags/a', SDK_KEY)).status).toBe(200)
  const late = await openStream(`${relay.url}/sdk/stream`, keyed)
  await late.until('payload-transferred')
  expect(stream.text()).not.toContain('goodbye')
  expect(relay.output).toContain('serving for another 3600 s while /readyz answers 503')
  relay.signal('SIGTERM')
  expect(await relay.ended).toBe(143)
})

it('(S195.4) a second signal of another kind ends it at once, too', async () => {
  const relay = await run(FOR_LONG, startRelayProcess)
  relay.signal('SIGTERM')
  await expect.poll(() => relay.output).toContain('stopping: received SIGTERM')
  relay.signal('SIGINT')
  expect(await relay.ended).toBe(130)
})

it('(S195.3) SIGINT never waits', async () => {
  const relay = await run(FOR_LONG)
  const stream = await openStream(`${relay.url}/sdk/stream`, keyed)
  await stream.until('payload-transferred')
  relay.signal('SIGINT')
  expect(await relay.ended).toBe(0)
  await stream.ended
  expect(stream.text()).toContain('event: goodbye')
})

it('(S195.2) in Kubernetes the delay is 5 s unless the configuration says otherwise, elsewhere there is none', async () => {
  const kubernetes = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
  const inCluster = await run(kubernetes, startRelayProcess)
  inCluster.signal('SIGTERM')
  await expect.poll(() => inCluster.output).toContain('stopping: received SIGTERM; serving for another 5 s')
  inCluster.signal('SIGTERM')
  await inCluster.ended
  for (const variables of [{}, { ...kubernetes, HALYARD_RELAY_SHUTDOWN_DELAY: '0' }]) {
    const relay = await run(variables)
    relay.signal('SIGTERM')
    expect(await relay.ended).toBe(0)
    expect(relay.output).toMatch(/stopping: received SIGTERM\n/)
  }
})

it('(S195) a relay inside of a program is unready, then says goodbye, then drains, then is closed', async () => {
  const clock = new VirtualClock()
  const relay = await start({ endpoints: at(await upstream('one')), shutdownDelayMs: 5_000 }, { clock })
  await relay.started
  const stream = await openStream(`${relay.url}/sdk/stream`, keyed)
  await stream.until('payload-transferred')
  const closed = relay.close()
  expect((await ask(relay, '/readyz')).status).toBe(503)
  await clock.advance(4_999)
  expect((await ask(relay, '/sdk/flags/a', keyed)).status).toBe(200)
  expect(stream.text()).not.toContain('goodbye')
  await clock.advance(1)
  await stream.ended
  expect(stream.text()).toContain('event: goodbye')
  await closed
  await expect(ask(relay, '/healthz')).rejects.toThrow()
})

it('(S195.5) an embedded relay does not wait unless an option requires it', async () => {
  const { url } = await upstream('one')
  const relay = await startRelay(
    {
      port: 0,
      host: '127.0.0.1',
      endpoints: { polling: url, streaming: url },
      environments: [{ name: 'one', sdkKey: SDK_KEY }],
    },
    { logger: silent, clock: new VirtualClock() },
  )
  await relay.close()
})

it('(S195) a connection on which nothing was sent does not keep a relay from closing', async () => {
  const relay = await start({ endpoints: NOWHERE, initTimeoutMs: 1 }, { clock: new VirtualClock() })
  const socket = connect(Number(new URL(relay.url).port), '127.0.0.1')
  await once(socket, 'connect')
  const ended = once(socket, 'close')
  socket.resume()
  // The drain time-out, which destroys the other connections, does not end here.
  await relay.close()
  await ended
})
