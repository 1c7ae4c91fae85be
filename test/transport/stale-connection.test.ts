import type { Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { undiciTransport } from '../../src/transport/undici-transport.ts'
import { startRawOrigin } from '../support/origin.ts'
import { collect } from './bytes.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nkeep-alive: timeout=60\r\n\r\nok'

/** A server that counts the requests of each connection and answers as told. */
async function startCounting(answer: (nth: number, socket: Socket) => void) {
  const requests = new Map<Socket, number>()
  const { url } = await startRawOrigin((_, socket) => {
    const nth = (requests.get(socket) ?? 0) + 1
    requests.set(socket, nth)
    answer(nth, socket)
  })
  return { url, perConnection: () => [...requests.values()] }
}

function asker(url: string, proxy = 'none') {
  const transport = undiciTransport({ proxy })
  onTestFinished(() => transport.close())
  const { signal } = new AbortController()
  return async (method: 'GET' | 'PUT' = 'GET'): Promise<string> => {
    const { body } = await transport.request({ method, url, headers: {}, signal })
    const content = Buffer.concat(await collect(body)).toString()
    // The connection is free for the next request in a later turn of the event loop.
    await systemClock.breathe()
    return content
  }
}

it.each([
  ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ['closes', (socket: Socket) => socket.end()],
] as const)(
  '(S154) a kept connection that its server %s on the second request is replaced at once',
  async (_, end) => {
    const server = await startCounting((nth, socket) => (nth === 1 ? socket.write(OK) : end(socket)))
    const ask = asker(server.url)
    expect([await ask(), await ask(), await ask()]).toEqual(['ok', 'ok', 'ok'])
    expect(server.perConnection()).toEqual([2, 1, 1])
  },
)

it('(S154) the same is true of a connection to a proxy', async () => {
  const server = await startCounting((nth, socket) =>
    nth === 1 ? socket.write(OK) : socket.resetAndDestroy(),
  )
  const ask = asker('http://service.example/', server.url)
  expect([await ask(), await ask()]).toEqual(['ok', 'ok'])
  expect(server.perConnection()).toEqual([2, 1])
})

it('(S154) a new connection that is reset is not tried again', async () => {
  const server = await startCounting((_, socket) => socket.resetAndDestroy())
  await expect(asker(server.url)()).rejects.toThrow()
  expect(server.perConnection()).toEqual([1])
})

it('(S154) a second reset is reported', async () => {
  let isUp = true
  const server = await startCounting((_, socket) => (isUp ? socket.write(OK) : socket.resetAndDestroy()))
  const ask = asker(server.url)
  await ask()
  isUp = false
  await expect(ask()).rejects.toThrow()
  expect(server.perConnection()).toEqual([2, 1])
})

it('(S154) a request that changes something is sent once', async () => {
  const server = await startCounting((nth, socket) =>
    nth === 1 ? socket.write(OK) : socket.resetAndDestroy(),
  )
  const ask = asker(server.url)
  await ask()
  await expect(ask('PUT')).rejects.toThrow()
  expect(server.perConnection()).toEqual([2])
})

it('(S154) an answer that breaks off is not asked for again', async () => {
  const server = await startCounting((nth, socket) => {
    socket.write(nth === 1 ? OK : 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')
    if (nth > 1) setImmediate(() => socket.destroy())
  })
  const ask = asker(server.url)
  await ask()
  await expect(ask()).rejects.toThrow()
  expect(server.perConnection()).toEqual([2])
})
