import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

const plans = [
  ['a stream alone', presets.streaming(), {}],
  ['a stream of FDv1 alone', presets.streaming(), { dataSavingMode: false }],
] as const

it.each(plans)(
  '(S151) closes %s without headers after 15 s, and retries with backoff',
  async (_, plan, more) => {
    const clock = new VirtualClock()
    const requestedAt: number[] = []
    const system = createDataSystem('sdk-key', plan, {
      clock,
      random: () => 0,
      logger: silent,
      transport: {
        request({ signal }) {
          requestedAt.push(clock.monotonic())
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error))
          })
        },
        close: () => Promise.resolve(),
      },
      ...more,
    })
    await clock.advance(60_000)
    expect(requestedAt).toEqual([0, 16_000, 33_000, 52_000])
    expect(system.status.current.lastError?.message).toBe('no answer within 15 s')
    await system.close()
    expect(clock.armed).toBe(0)
  },
)

it('(S151) closes the connection to a server that accepts and never answers, and opens another', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const clock = new VirtualClock()
  const system = createDataSystem('sdk-key', presets.streaming(), {
    clock,
    logger: silent,
    proxy: 'none',
    endpoints: { streaming: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
  })
  onTestFinished(() => system.close())
  await expect.poll(() => sockets.length).toBe(1)
  sockets[0]?.resume()
  await clock.advance(15_000)
  await expect.poll(() => sockets[0]?.readableEnded || sockets[0]?.destroyed).toBe(true)
  await clock.advance(1_000)
  await expect.poll(() => sockets.length).toBe(2)
})
