import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { child } from '../support/child.ts'
import { body, delta, everythingPut, full, LiveStream, none, put, startOrigin } from '../support/origin.ts'

/** Starts a TCP proxy. `freeze` stops its open connections without closing them; later connections work. */
async function startProxy(port: number): Promise<{ readonly url: string; readonly freeze: () => void }> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.pipe(to)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause()
    },
  }
}

it('(S152) checks its connections as soon as a frozen process continues', async () => {
  const origin = await startOrigin()
  const before = full('s1', put('a', 1))
  origin.poll.always(body(before))
  origin.stream.always((seen, response) =>
    new LiveStream(seen.basis ? none('s1') : before).answer(seen, response),
  )
  origin.fdv1.stream.always(new LiveStream(() => everythingPut(put('a', 1))).answer)
  const proxy = await startProxy(Number(new URL(origin.url).port))
  const frozen = child(new URL('frozen-process.ts', import.meta.url).pathname, proxy.url)
  let printed = ''
  frozen.stdout?.on('data', (bytes) => {
    printed += String(bytes)
  })
  const lines = (): readonly string[] => printed.trim().split('\n').sort()
  await expect.poll(() => lines()).toEqual(['default 1', 'fdv1 1', 'streaming 1'])

  frozen.kill('SIGSTOP')
  proxy.freeze()
  const after = delta('s2', put('a', 2))
  origin.poll.always(body(after))
  origin.stream.always(new LiveStream(after).answer)
  origin.fdv1.stream.always(new LiveStream(() => everythingPut(put('a', 2))).answer)
  await pause(3_500)
  frozen.kill('SIGCONT')
  await expect
    .poll(() => lines())
    .toEqual(['default 1', 'default 2', 'fdv1 1', 'fdv1 2', 'streaming 1', 'streaming 2'])
})
