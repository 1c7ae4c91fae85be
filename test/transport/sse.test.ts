import { describe, expect, it } from 'vitest'
import { InvalidDataError } from '../../src/transport/body.ts'
import { type SseBatch, sseBatches } from '../../src/transport/sse.ts'
import { brokenAfter, pieces, sliced } from './bytes.ts'

const LIMIT = 1_000

interface Heard {
  readonly batches: readonly SseBatch[]
  readonly error: unknown
}

/** Everything said until the end, or until it was refused. */
async function hear(stream: AsyncIterable<Uint8Array>, maxEventBytes = LIMIT): Promise<Heard> {
  const batches: SseBatch[] = []
  try {
    for await (const batch of sseBatches(stream, maxEventBytes)) batches.push(batch)
    return { batches, error: undefined }
  } catch (error) {
    return { batches, error }
  }
}

function events({ batches }: Heard): readonly string[] {
  return batches.flatMap((batch) => batch.events.map(({ event, data }) => `${event} ${data}`))
}

describe('sseBatches', () => {
  it('gives a batch for every chunk, empty ones too, because every byte is a sign of life', async () => {
    const { batches } = await hear(pieces('event: a\n', 'data: 1\n', '\nevent: b\ndata: 2\n\n'))
    expect(batches.map((batch) => batch.events.length)).toEqual([0, 0, 2])
  })

  it('counts comments apart from events', async () => {
    const { batches } = await hear(pieces(':\n: alive\n\n', 'data: 1\n\n:\n'))
    expect(batches).toEqual([
      { events: [], comments: 2, begun: false },
      { events: [{ event: 'message', data: '1' }], comments: 1, begun: false },
    ])
  })

  it.each(['\n', '\r\n', '\r'])('understands lines that end in %j', async (end) => {
    const text = ['event: a', 'data: 1', 'data: 2', '', 'event: b', 'data:3', '', ':', ''].join(end)
    expect(events(await hear(sliced(Buffer.from(text), 1)))).toEqual(['a 1\n2', 'b 3'])
  })

  it('joins characters that are split between chunks, wherever the split is', async () => {
    const text = 'event: a\ndata: "é€👋"\n\n'
    for (let size = 1; size < 8; size++) {
      expect(events(await hear(sliced(Buffer.from(text), size)))).toEqual(['a "é€👋"'])
    }
  })

  it('keeps a byte order mark out of the first name', async () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('event: a\ndata: 1\n\n')])
    expect(events(await hear(sliced(marked, 1)))).toEqual(['a 1'])
  })

  it('says nothing of an event that was begun and not ended', async () => {
    expect(events(await hear(pieces('data: 1\n\nevent: a\ndata: 2\n')))).toEqual(['message 1'])
  })

  it.each([
    ['a stray byte', Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a])],
    [
      'half a character in the midst',
      Buffer.concat([Buffer.from('data: é').subarray(0, 7), Buffer.from('\n\n')]),
    ],
  ])('(D13) refuses bytes that are not UTF-8: %s', async (_, bytes) => {
    for (const stream of [pieces(bytes), sliced(bytes, 1)]) {
      const { error } = await hear(stream)
      expect(error).toBeInstanceOf(InvalidDataError)
      expect(error).toHaveProperty('message', 'the stream is not UTF-8')
    }
  })

  it('(D21) lets an event pass that is as long as the cap', async () => {
    const data = 'x'.repeat(LIMIT)
    for (const size of [7, 100, LIMIT * 2]) {
      expect(
        events(await hear(sliced(Buffer.from(`data: ${data}`.slice(0, LIMIT).concat('\n\n')), size))),
      ).toHaveLength(1)
    }
  })

  it.each([
    ['one long line', `data: ${'x'.repeat(LIMIT * 3)}`],
    ['many short lines', `data: ${'x'.repeat(90)}\n`.repeat(30)],
  ])('(D21) refuses an event longer than the cap, however it is sliced: %s', async (_, text) => {
    for (const size of [50, LIMIT, LIMIT * 10]) {
      const { error } = await hear(sliced(Buffer.from(`${text}\n\ndata: 1\n\n`), size))
      expect(error).toBeInstanceOf(InvalidDataError)
      expect(error).toHaveProperty('message', expect.stringContaining(`an event is longer than ${LIMIT}`))
    }
  })

  it('(D21) refuses a comment that never ends', async () => {
    const { error } = await hear(sliced(Buffer.from(`: ${'x'.repeat(LIMIT * 3)}`), 50))
    expect(error).toBeInstanceOf(InvalidDataError)
  })

  it('(D21) refuses it at once, not only when another byte comes', async () => {
    let taken = 0
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (;;) {
        taken++
        yield await Promise.resolve(Buffer.from(taken === 1 ? `data: ${'x'.repeat(LIMIT)}` : 'x'))
        if (taken > 5) return
      }
    }
    const { error } = await hear(slow())
    expect(error).toBeInstanceOf(InvalidDataError)
    expect(taken).toBe(1)
  })

  it('(D21) gives the events before the one that is too long', async () => {
    const heard = await hear(pieces('data: 1\n\n', `data: 2\n\ndata: ${'x'.repeat(LIMIT * 2)}`, 'x'))
    expect(heard.error).toBeInstanceOf(InvalidDataError)
    expect(events(heard)).toEqual(['message 1', 'message 2'])
  })

  it('passes on the failure of the connection', async () => {
    const reset = new Error('other side closed')
    const heard = await hear(brokenAfter(reset, 'data: 1\n\n', 'data: 2'))
    expect(heard.error).toBe(reset)
    expect(events(heard)).toEqual(['message 1'])
  })
})
