import { once } from 'node:events'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { openStream } from '../server/raw-http.ts'
import { SDK_KEY } from '../support/engine.ts'
import { change } from '../support/stored.ts'
import { killableService } from './killable-service.ts'
import { keyed, start } from './starting.ts'

const CLIENTS = 7
/** More bytes than kernels buffer for a client that does not read. */
const PAYLOAD = 32 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Returns the memory in use after a garbage collection, in the heap and outside of it, in bytes. */
async function used(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect()
    await systemClock.breathe()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Requests a full payload and never reads it. */
async function stall({ url }: RelayServer): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {}).pause()
  await once(socket, 'connect')
  socket.write(`GET /sdk/stream HTTP/1.1\r\nhost: x\r\nauthorization: ${SDK_KEY}\r\n\r\n`)
}

it('(S119) stalled clients with 200 MB in total share one payload in memory, also while data changes', async () => {
  const clock = new VirtualClock(1_700_000_000_000)
  const service = await killableService([change('big', 1, 'x'.repeat(PAYLOAD)), change('a', 1, 1)])
  const relay = await start({ endpoints: service.endpoints }, { clock })
  await relay.started
  const view = () => relay.view.environments[0]
  const stream = await openStream(`${relay.url}/sdk/stream?basis=${service.state}`, keyed)
  await stream.until('"none"')
  const before = await used()

  for (let client = 0; client < CLIENTS; client++) await stall(relay)
  await expect.poll(() => view()?.traffic.full).toBe(CLIENTS)
  for (let version = 2; version <= 200; version++) service.change(change('a', version, version))
  await stream.until(`"${service.state}"`)
  expect(view()?.clients.fdv2).toBe(CLIENTS + 1)
  expect((await used()) - before).toBeLessThan(3 * PAYLOAD)

  // Each of them is disconnected after the time-out; clients that read continue.
  await clock.advance(30_000)
  await expect.poll(() => view()?.clients.fdv2).toBe(1)
  expect(view()?.traffic.stalledStreams).toBe(CLIENTS)
  service.change(change('a', 201, 201))
  await stream.until(`"${service.state}"`)
})
