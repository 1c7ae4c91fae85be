import { createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sleep } from '../../src/async/sleep.ts'
import { presets } from '../../src/config/presets.ts'
import { DEFAULT_TIMINGS } from '../../src/datasystem/parts.ts'
import { toEventStream, toPollBody } from '../../src/protocol/encoder.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { delta, full, put, startRawOrigin } from '../support/origin.ts'
import { pieces, response } from './bytes.ts'

/**
 * Servers that mean harm, over real sockets. Whatever they do, in the place of one answer after good data: the error
 * has a name, and the data stays what it was.
 */

const MIB = 2 ** 20
const CAP = 4 * MIB
const LIMITS = { maxBodyBytes: CAP, maxEventBytes: CAP }
const GOOD = toPollBody(full('s1', put('checkout', 1)))
const EVIL = toPollBody(delta('s9', put('checkout', 9)))

/** Handles a request whose headers have arrived. */
type Deed = (socket: Socket, head: string) => void

function answer(headers: string, content: string | Uint8Array): string | Uint8Array {
  const length = Buffer.byteLength(content)
  const start = Buffer.from(`HTTP/1.1 200 OK\r\n${headers}content-length: ${length}\r\n\r\n`)
  return Buffer.concat([start, Buffer.from(content)])
}

function say(...parts: readonly (string | Uint8Array)[]): Deed {
  return (socket) => socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))))
}

/** Says the same over and over, as fast as it is taken. */
function endlessly(first: string, again: string | Uint8Array): Deed {
  return (socket) => {
    const piece = Buffer.from(again)
    const pump = (): void => {
      while (!socket.destroyed && socket.write(piece));
    }
    socket.on('drain', pump)
    socket.write(first)
    pump()
  }
}

/** Says the same over and over, with rests. */
function slowly(first: string, again: string): Deed {
  return (socket) => {
    socket.write(first)
    const timer = setInterval(() => socket.write(again), 10)
    socket.on('close', () => clearInterval(timer))
  }
}

interface Siege {
  readonly engine: Engine
  readonly heads: readonly string[]
}

/** Starts a server that answers polls with valid data until it is served. `deed` handles later requests to `path`. */
async function besiege(path: 'poll' | 'stream', deed: Deed): Promise<Siege> {
  let served = false
  const { url, heads } = await startRawOrigin((head, socket) => {
    if (head.startsWith('GET /sdk/poll') && !served) say(answer('', GOOD))(socket, head)
    else deed(socket, head)
  })
  const engine = startEngine({
    plan:
      path === 'poll'
        ? presets.pollingOnly()
        : { ...presets.streaming(), initializers: [{ type: 'polling' }] },
    endpoints: { polling: url, streaming: url },
    limits: LIMITS,
    timings: { pollSilenceMs: 150, streamSilenceMs: 150, recoveryMs: 60_000 },
  })
  await engine.serves('checkout', 1)
  served = true
  return { engine, heads }
}

async function expectHarmless({ engine }: Siege, kind: string, message: RegExp): Promise<void> {
  await engine.until(
    ({ status }) => message.test(status.current.lastError?.message ?? ''),
    `${kind} ${message}`,
  )
  expect(engine.system.status.current.lastError?.kind).toBe(kind)
  expect(engine.system.flag('checkout')?.version).toBe(1)
  expect(engine.system.flag('evil')).toBeUndefined()
}

describe('a poll is answered', () => {
  const lies: readonly (readonly [what: string, deed: Deed, kind: string, message: RegExp])[] = [
    [
      'with text that is said to be gzip',
      say(answer('content-encoding: gzip\r\n', EVIL)),
      'invalid_data',
      /cannot be inflated/,
    ],
    [
      'with gzip that is said to be brotli',
      say(answer('content-encoding: br\r\n', gzipSync(EVIL))),
      'invalid_data',
      /cannot be inflated/,
    ],
    ['with gzip that is said to be text', say(answer('', gzipSync(EVIL))), 'invalid_data', /not UTF-8/],
    [
      'in an encoding that was not requested',
      say(answer('content-encoding: zstd\r\n', EVIL)),
      'invalid_data',
      /content encoding zstd, which was not requested/,
    ],
    [
      'with gzip twice over',
      say(answer('content-encoding: gzip, gzip\r\n', gzipSync(gzipSync(EVIL)))),
      'invalid_data',
      /content encoding .* which was not requested/,
    ],
    [
      'with less than was announced',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n${EVIL}`),
      'network_error',
      /UND_ERR_SOCKET|other side closed/,
    ],
    [
      'with more than was announced',
      say(`HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n${EVIL}`),
      'invalid_data',
      /JSON/,
    ],
    [
      'with two lengths',
      say(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: ${EVIL.length}\r\n\r\n${EVIL}`),
      'network_error',
      /HPE_|Content-Length/i,
    ],
    [
      'with a length and in chunks',
      say(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
      'network_error',
      /HPE_|Content-Length/i,
    ],
    [
      'with a chunk of a nonsensical size',
      say('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n'),
      'network_error',
      /HPE_|chunk/i,
    ],
    ['in another language', say('SSH-2.0-OpenSSH_9.9\r\n'), 'network_error', /HPE_|Expected HTTP/],
    ['with a hang-up', (socket) => socket.destroy(), 'network_error', /other side closed|UND_ERR|ECONNRESET/],
    ['by nothing', () => {}, 'network_error', /no byte for 0.15 s/],
    [
      'by a header of one letter at a time',
      slowly('HTTP/1.1 200 OK\r\nx: ', 'y'),
      'network_error',
      /no byte/,
    ],
    ['by promises of an answer', slowly('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'network_error', /no byte/],
    [
      'by a chunk that is never more than announced',
      slowly('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=', 'y'),
      'network_error',
      /no byte/,
    ],
    [
      'by an endless header',
      endlessly('HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(65_536)),
      'network_error',
      /UND_ERR_HEADERS_OVERFLOW|Headers Overflow/,
    ],
    [
      'by endless headers',
      endlessly('HTTP/1.1 200 OK\r\n', 'x: y\r\n'.repeat(10_000)),
      'network_error',
      /UND_ERR_HEADERS_OVERFLOW|Headers Overflow/,
    ],
    [
      'by an endless trailer',
      endlessly('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ', 'y'.repeat(65_536)),
      'network_error',
      /UND_ERR_HEADERS_OVERFLOW|Headers Overflow|UND_ERR|no byte/,
    ],
  ]

  it.each(lies)('(S22) %s: a named error, and the data stays', async (_, deed, kind, message) => {
    await expectHarmless(await besiege('poll', deed), kind, message)
  })

  it('(S22) with 10,000 redirects: after three the fourth is refused', async () => {
    let hops = 0
    const siege = await besiege('poll', (socket) => {
      hops++
      const location = `location: /hop/${hops}\r\n`
      socket.write(`HTTP/1.1 302 Found\r\n${hops < 10_000 ? location : ''}content-length: 0\r\n\r\n`)
    })
    await expectHarmless(siege, 'error_response', /redirect refused: more than 3/)
    expect(hops).toBe(4)
  })

  it('(S22) with headers that are named like members of every object: they are headers', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const headers = names.map((name) => `${name}: evil\r\n${name}: twice\r\n`).join('')
    const { engine } = await besiege(
      'poll',
      say(answer(headers, toPollBody(delta('s2', put('checkout', 2))))),
    )
    await engine.serves('checkout', 2)
    expect(engine.statuses.map(({ lastError }) => lastError).filter(Boolean)).toEqual([])
  })
})

describe('a stream', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
  const chunked = `${head}transfer-encoding: chunked\r\n\r\n`
  const evil = toEventStream(delta('s9', put('checkout', 9)))

  it.each<[what: string, deed: Deed, kind: string, message: RegExp]>([
    [
      'that is gzip',
      say(`${head}content-encoding: gzip\r\n\r\n`, gzipSync(evil)),
      'invalid_data',
      /content encoding gzip, which was not requested/,
    ],
    [
      'that is said to be gzip',
      say(`${head}content-encoding: gzip\r\n\r\n`, evil),
      'invalid_data',
      /content encoding gzip, which was not requested/,
    ],
    ['that is secretly gzip', say(`${head}\r\n`, gzipSync(evil)), 'invalid_data', /not UTF-8/],
    ['that does not begin', () => {}, 'network_error', /no byte/],
    [
      'whose header does not end',
      endlessly(`${head}x: `, 'y'.repeat(65_536)),
      'network_error',
      /OVERFLOW|Overflow/,
    ],
    ['that says nothing', say(chunked), 'network_error', /no byte/],
    [
      'with one event that does not end',
      endlessly(`${head}\r\ndata: `, 'y'.repeat(65_536)),
      'invalid_data',
      /an event is longer than/,
    ],
    [
      'with one comment that does not end',
      endlessly(`${head}\r\n:`, 'y'.repeat(65_536)),
      'invalid_data',
      /an event is longer than/,
    ],
    [
      'with one event of endless lines',
      endlessly(`${head}\r\n`, `data: ${'y'.repeat(1_000)}\n`.repeat(64)),
      'invalid_data',
      /an event is longer than/,
    ],
  ])('(S22) %s: a named error, and the data stays', async (_, deed, kind, message) => {
    await expectHarmless(await besiege('stream', deed), kind, message)
  })

  it('(S22) of 10,000 redirects is not followed', async () => {
    const siege = await besiege(
      'stream',
      say('HTTP/1.1 302 Found\r\nlocation: /a\r\ncontent-length: 0\r\n\r\n'),
    )
    await expectHarmless(siege, 'error_response', /more than 3/)
  })
})

describe('two gigabytes', () => {
  const BODY = 2 * 1024 * MIB

  /** The most memory this process ever held, MiB. */
  function peak(): number {
    return process.resourceUsage().maxRSS / 1024
  }

  /** Zeros in gzip, 2 GiB when inflated: members follow one another, as RFC 1952 allows. */
  function bomb(): Buffer {
    const member = gzipSync(Buffer.alloc(64 * MIB))
    return Buffer.concat(Array.from({ length: 32 }, () => member))
  }

  const zeros = Buffer.alloc(MIB)
  const tooLong = /longer than/
  const sieges: readonly (readonly [what: string, deed: () => Deed, kind: string, message: RegExp])[] = [
    [
      'announced',
      () => endlessly(`HTTP/1.1 200 OK\r\ncontent-length: ${BODY}\r\n\r\n`, zeros),
      'invalid_data',
      tooLong,
    ],
    [
      'not announced',
      () => endlessly('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n', zeros),
      'invalid_data',
      tooLong,
    ],
    ['in gzip', () => say(answer('content-encoding: gzip\r\n', bomb())), 'invalid_data', tooLong],
    [
      'of an error nobody reads',
      () => endlessly(`HTTP/1.1 500 Oops\r\ncontent-length: ${BODY}\r\n\r\n`, zeros),
      'error_response',
      /the server answered 500/,
    ],
    [
      'of a redirect nobody reads',
      () => endlessly(`HTTP/1.1 302 Found\r\nlocation: /a\r\ncontent-length: ${BODY}\r\n\r\n`, zeros),
      'invalid_data',
      tooLong,
    ],
  ]

  it.each(sieges)(
    '(D21, S22) %s end in a named error and in bounded memory',
    async (_, deed, kind, message) => {
      const doing = deed()
      const before = peak()
      await expectHarmless(await besiege('poll', doing), kind, message)
      expect(peak() - before).toBeLessThan(200)
    },
  )
})

describe('one byte a minute', () => {
  const MINUTE = 60_000

  /** A transport whose first poll is answered well, and every stream with this text, a letter a minute. */
  function drip(clock: VirtualClock, text: string): Transport {
    async function* letters(signal: AbortSignal): AsyncGenerator<Uint8Array> {
      for (const letter of text) {
        await sleep(clock, MINUTE, signal)
        signal.throwIfAborted()
        yield Buffer.from(letter)
      }
    }
    return {
      request: ({ url, signal }) =>
        Promise.resolve(
          url.includes('/poll')
            ? response(pieces(GOOD))
            : response(letters(signal), { 'content-type': 'text/event-stream' }),
        ),
      close: () => Promise.resolve(),
    }
  }

  it('(S22, D23) of an event is too slow: the stream is given up by name, and the data stays', async () => {
    const clock = new VirtualClock()
    const engine = startEngine({
      plan: { ...presets.streaming(), initializers: [{ type: 'polling' }] },
      clock,
      transport: drip(clock, toEventStream(delta('s9', put('checkout', 9)))),
      timings: DEFAULT_TIMINGS,
    })
    await clock.advance(2 * MINUTE + 1)
    expect(engine.system.status.current.lastError).toMatchObject({
      kind: 'network_error',
      message: 'an event did not end within 60 s',
    })
    await clock.advance(60 * MINUTE)
    expect(engine.system.flag('checkout')?.version).toBe(1)
    expect(engine.system.status.current.state).toBe('interrupted')
  })
})

describe('a tarpit', () => {
  it('(S22) that never shakes hands over TLS is left as soon as our patience ends', async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => void sockets.add(socket.on('error', () => {})))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const url = `https://127.0.0.1:${port}`
    const engine = startEngine({
      plan: presets.default(),
      endpoints: { polling: url, streaming: url },
      timings: { pollSilenceMs: 100, streamSilenceMs: 100, noProgressMs: 5_000, firstDataMs: 5_000 },
    })
    await engine.until(
      ({ status }) => /no byte for 0.1 s/.test(status.current.lastError?.message ?? ''),
      'the end of patience',
    )
    expect(engine.system.flag('checkout')).toBeUndefined()
  })
})
