import { describe, expect, it, onTestFinished } from 'vitest'
import type { ChangeSet } from '../../src/model/change-set.ts'
import { type Decoded, Decoder } from '../../src/protocol/decoder.ts'
import { decodeFdv1Body, Fdv1Decoder } from '../../src/protocol/fdv1.ts'
import { decodePollBody } from '../../src/protocol/poll-body.ts'
import { fail, type ScriptedOrigin, scriptedOrigin, VirtualClock } from '../../src/testing/index.ts'

const FLAGS = [{ key: 'a' }, { key: 'b' }]

/** Sends a request that is aborted at the end of the test. */
function ask({ url, respond }: ScriptedOrigin, path: string, basis?: string): Promise<Response> {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const query = basis === undefined ? '' : `?basis=${encodeURIComponent(basis)}`
  return respond(new Request(`${url}${path}${query}`, { signal: controller.signal }))
}

/** Returns a function that reads the next piece of a body; it returns `undefined` at the end. */
function pieces({ body }: Response): () => Promise<string | undefined> {
  const reader = body?.getReader()
  return async () => {
    const { done = true, value } = (await reader?.read()) ?? {}
    return done ? undefined : new TextDecoder().decode(value)
  }
}

function events(text: string): [event: string, data: string][] {
  return [...text.matchAll(/event: (.*)\ndata: (.*)\n\n/g)].map((match) => [match[1] ?? '', match[2] ?? ''])
}

/** Returns the type of each event, and the changes of each change set. */
function summary(decoded: Iterable<Decoded>): string[] {
  return [...decoded]
    .filter(({ type }) => type !== 'pending')
    .map((word) => (word.type === 'changeSet' ? inWords(word.changeSet) : word.type))
}

function inWords(changeSet: ChangeSet): string {
  if (changeSet.type === 'none') return 'none'
  const changes = changeSet.changes.map(({ op, key, version }) => `${op} ${key} ${version}`)
  return [changeSet.type, ...changes].join(', ')
}

async function poll(origin: ScriptedOrigin, basis?: string): Promise<string[]> {
  return summary(decodePollBody(await (await ask(origin, '/sdk/poll', basis)).text()))
}

describe('a scripted origin without failures', () => {
  it('(S8) answers a poll with all data, a delta or none, depending on the basis', async () => {
    const origin = scriptedOrigin({ flags: FLAGS, segments: [{ key: 's' }] })
    const before = origin.state
    expect(await poll(origin)).toEqual(['full, put a 1, put b 1, put s 1'])
    expect(await poll(origin, before)).toEqual(['none'])
    origin.data.set({ key: 'a' })
    origin.data.delete('b')
    expect(await poll(origin, before)).toEqual(['partial, put a 2, delete b 2'])
    expect(await poll(origin, origin.state)).toEqual(['none'])
    expect(await poll(origin, 'unknown')).toEqual(['full, put a 2, put s 1'])
    origin.forget()
    expect(await poll(origin, before)).toEqual(['full, put a 2, put s 1'])
    expect(origin.poll.requests.map(({ basis }) => basis).slice(0, 2)).toEqual([undefined, before])
  })

  it('(S8) answers a stream depending on the basis, then sends each change', async () => {
    const origin = scriptedOrigin({ flags: FLAGS })
    const decoder = new Decoder()
    const next = pieces(await ask(origin, '/sdk/stream', origin.state))
    const heard = async (): Promise<string[]> =>
      summary(events((await next()) ?? '').map(([event, data]) => decoder.decodeText(event, data)))
    expect(await heard()).toEqual(['none'])
    origin.data.set({ key: 'c' }, { key: 'd' })
    expect(await heard()).toEqual(['partial, put c 1, put d 1'])
    origin.forget()
    expect(await heard()).toEqual(['full, put a 1, put b 1, put c 1, put d 1'])
  })

  it('serves FDv1 over polls and a stream', async () => {
    const origin = scriptedOrigin({ flags: FLAGS, segments: [{ key: '__proto__' }] })
    const body = await (await ask(origin, '/sdk/latest-all')).text()
    expect(summary(decodeFdv1Body(body))).toEqual(['full, put a 1, put b 1, put __proto__ 1'])
    const decoder = new Fdv1Decoder()
    const next = pieces(await ask(origin, '/all'))
    const heard = async (): Promise<string[]> =>
      summary(events((await next()) ?? '').map(([event, data]) => decoder.decodeText(event, data)))
    expect(await heard()).toEqual(['full, put a 1, put b 1, put __proto__ 1'])
    origin.data.set({ key: 'x/y' })
    expect(await heard()).toEqual(['partial, put x/y 1'])
    origin.data.deleteSegment('__proto__')
    expect(await heard()).toEqual(['partial, delete __proto__ 2'])
  })

  it.each(['/sdk/poll', '/sdk/stream', '/sdk/latest-all', '/all'])(
    'answers %s with chunked encoding, which msw needs to detect a broken connection',
    async (path) => {
      const { headers } = await ask(scriptedOrigin(), path)
      expect(headers.get('transfer-encoding')).toBe('chunked')
    },
  )

  it('counts open streams, without those whose client has disconnected', async () => {
    const origin = scriptedOrigin()
    const controller = new AbortController()
    await origin.respond(new Request(`${origin.url}/sdk/stream`, { signal: controller.signal }))
    const second = await ask(origin, '/sdk/stream')
    expect(origin.stream.open).toBe(2)
    controller.abort()
    expect(origin.stream.open).toBe(1)
    await second.body?.cancel()
    expect(origin.stream.open).toBe(0)
  })

  it('answers requests below the path of its URL, and others with 404', async () => {
    const origin = scriptedOrigin({ url: 'http://relay.test/flags/', flags: FLAGS })
    const status = async (url: string): Promise<number> => (await origin.respond(new Request(url))).status
    expect(origin.url).toBe('http://relay.test/flags')
    expect(await status(`${origin.url}/sdk/poll`)).toBe(200)
    expect(await status('http://relay.test/sdk/poll')).toBe(404)
    expect(await status('http://relay.test/flags/')).toBe(404)
  })
})

describe('a script of failures', () => {
  it('applies to one request per entry, then the permanent failure applies, until the path is healed', async () => {
    const origin = scriptedOrigin({ flags: FLAGS })
    const statuses = async (count: number): Promise<number[]> => {
      const seen: number[] = []
      for (let left = count; left > 0; left--) seen.push((await ask(origin, '/sdk/poll')).status)
      return seen
    }
    origin.poll.always(fail.status(503)).next(fail.status(401), fail.not(), fail.status(429))
    expect(await statuses(5)).toEqual([401, 200, 429, 503, 503])
    origin.poll.next(fail.status(500)).heal()
    expect(await statuses(2)).toEqual([200, 200])
    expect(origin.poll.requests).toHaveLength(7)
    expect(origin.stream.requests).toHaveLength(0)
  })

  it('can send headers, bodies without data, and network errors', async () => {
    const origin = scriptedOrigin()
    origin.poll.next(fail.status(429, { 'retry-after': '7' }), fail.body('<html>'), fail.unreachable())
    expect((await ask(origin, '/sdk/poll')).headers.get('retry-after')).toBe('7')
    const portal = await ask(origin, '/sdk/poll')
    expect([portal.headers.get('content-type'), await portal.text()]).toEqual(['text/html', '<html>'])
    expect((await ask(origin, '/sdk/poll')).type).toBe('error')
  })

  it('can leave a request without an answer until it is aborted', async () => {
    const origin = scriptedOrigin()
    origin.poll.next(fail.hang())
    const controller = new AbortController()
    const request = new Request(`${origin.url}/sdk/poll`, { signal: controller.signal })
    let answered = false
    const answering = origin.respond(request).then(({ type }) => {
      answered = true
      return type
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(answered).toBe(false)
    controller.abort()
    expect(await answering).toBe('error')
  })

  it.each(['/sdk/poll', '/sdk/stream', '/sdk/latest-all', '/all'])(
    'can cut %s at any byte of a full payload',
    async (path) => {
      const origin = scriptedOrigin({ flags: FLAGS })
      const script = {
        '/sdk/poll': origin.poll,
        '/sdk/stream': origin.stream,
        '/sdk/latest-all': origin.fdv1Poll,
        '/all': origin.fdv1Stream,
      }[path]
      const whole = (await pieces(await ask(origin, path))()) ?? ''
      for (const bytes of [0, 1, whole.length - 1, whole.length, 1e6]) {
        script?.next(fail.cutAt(bytes))
        const next = pieces(await ask(origin, path, origin.state))
        if (bytes > 0) expect(await next()).toBe(whole.slice(0, bytes))
        await expect(next()).rejects.toThrow('cut')
      }
    },
  )

  it('can delay an answer, measured by the given clock', async () => {
    const clock = new VirtualClock()
    const origin = scriptedOrigin({ clock, flags: FLAGS })
    const whole = await (await ask(origin, '/sdk/poll')).text()
    origin.poll.next(fail.slow(100, { pieceBytes: Math.ceil(whole.length / 2) }))
    let text: string | undefined
    void (await ask(origin, '/sdk/poll')).text().then((all) => {
      text = all
    })
    await clock.advance(199)
    expect(text).toBeUndefined()
    await clock.advance(1)
    expect(text).toBe(whole)
    expect(clock.armed).toBe(0)
  })

  it('ends a slow answer if the client disconnects', async () => {
    const clock = new VirtualClock()
    const origin = scriptedOrigin({ clock, flags: FLAGS })
    origin.poll.next(fail.slow(100))
    const controller = new AbortController()
    const request = new Request(`${origin.url}/sdk/poll`, { signal: controller.signal })
    const text = (await origin.respond(request)).text()
    await clock.advance(250)
    controller.abort()
    expect(await text).toHaveLength(2 * 64)
    expect(clock.armed).toBe(0)
  })

  it('stops a delayed answer if its body is cancelled', async () => {
    const clock = new VirtualClock()
    const origin = scriptedOrigin({ clock, flags: FLAGS })
    origin.stream.next(fail.slow(100))
    const { body } = await ask(origin, '/sdk/stream')
    const reader = body?.getReader()
    void reader?.read()
    await clock.advance(0)
    expect(clock.armed).toBe(1)
    await reader?.cancel()
    expect([clock.armed, origin.stream.open]).toEqual([0, 0])
  })

  it('(D7, D8) can send a goodbye, and order FDv1 in a goodbye or in headers', async () => {
    const origin = scriptedOrigin({ flags: FLAGS })
    const order = { ttlSeconds: 60 }
    origin.poll.next(fail.goodbye('bye'), fail.goodbye('bye', order), fail.directive(order), fail.directive())
    const [plain, ordering] = [await ask(origin, '/sdk/poll'), await ask(origin, '/sdk/poll')]
    expect([...decodePollBody(await plain.text())]).toEqual([{ type: 'goodbye', reason: 'bye' }])
    expect([...decodePollBody(await ordering.text())]).toEqual([
      { type: 'goodbye', reason: 'bye', directive: order },
    ])
    const directed = await ask(origin, '/sdk/poll')
    expect(directed.headers.get('x-ld-fd-fallback')).toBe('true')
    expect(directed.headers.get('x-ld-fd-fallback-ttl')).toBe('60')
    expect(summary(decodePollBody(await directed.text()))).toEqual(['full, put a 1, put b 1'])
    expect((await ask(origin, '/sdk/poll')).headers.get('x-ld-fd-fallback-ttl')).toBeNull()
  })

  it('can break, end or silence open streams', async () => {
    const origin = scriptedOrigin({ flags: FLAGS })
    const opened = async (): Promise<() => Promise<string | undefined>> => {
      const next = pieces(await ask(origin, '/sdk/stream', origin.state))
      expect(await next()).toContain('up-to-date')
      return next
    }
    const cut = await opened()
    origin.stream.interrupt()
    await expect(cut()).rejects.toThrow('cut')

    const cutMidPayload = await opened()
    origin.stream.interrupt(fail.cutAt(10))
    expect(await cutMidPayload()).toBe('event: ser')
    await expect(cutMidPayload()).rejects.toThrow('cut')

    const dismissed = await opened()
    origin.stream.interrupt(fail.goodbye('moving'))
    expect(events((await dismissed()) ?? '')).toEqual([['goodbye', '{"reason":"moving"}']])
    expect(await dismissed()).toBeUndefined()
    expect(origin.stream.open).toBe(0)

    const silent = await opened()
    origin.stream.interrupt(fail.hang())
    expect(origin.stream.open).toBe(1)
    origin.data.set({ key: 'unheard' })
    const fresh = await opened()
    origin.stream.interrupt()
    await expect(silent()).rejects.toThrow('cut')
    await expect(fresh()).rejects.toThrow('cut')
  })
})
