import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decoded, Decoder } from '../../src/protocol/decoder.ts'
import { InvalidDataError } from '../../src/transport/body.ts'
import { sseBatches } from '../../src/transport/sse.ts'
import { decodeEventStream, fixtureBytes, fixtureNames, fixtureText } from '../protocol/wire.ts'

const MAX_EVENT_BYTES = 1_000_000
const NOT_TEXT = 'not-utf8'

async function decodeChunks(chunks: readonly Uint8Array[], into: Decoded[] = []): Promise<Decoded[]> {
  const decoder = new Decoder()
  for await (const { events } of sseBatches(arriving(chunks), MAX_EVENT_BYTES)) {
    for (const { event, data } of events) into.push(decoder.decodeText(event, data))
  }
  return into
}

async function* arriving(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

/** Returns chunks of the bytes, cut at arbitrary places: within a character, between CR and LF, or twice at one place. */
function chopped(bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 30 })
  return cuts.map((places) => {
    const ends = [...places.toSorted((a, b) => a - b), bytes.length]
    return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
  })
}

const byteByByte = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte))

describe('decoding does not depend on the chunks of a stream', () => {
  const names = fixtureNames('sse').filter((name) => name !== NOT_TEXT)

  it.each(names)('%s.sse', async (name) => {
    const bytes = fixtureBytes(`${name}.sse`)
    const whole = decodeEventStream(fixtureText(`${name}.sse`))
    expect(whole.length).toBeGreaterThan(0)
    // Not expect(): it cannot compare members named `__proto__`.
    deepStrictEqual(await decodeChunks(byteByByte(bytes)), whole)
    const property = fc.asyncProperty(chopped(bytes), async (chunks) => {
      deepStrictEqual(await decodeChunks(chunks), whole)
    })
    await fc.assert(property, { numRuns: 30 })
  })

  it('bytes that are not UTF-8 end it, and nothing of the payload they are in is let through (D13)', async () => {
    const property = fc.asyncProperty(chopped(fixtureBytes(`${NOT_TEXT}.sse`)), async (chunks) => {
      const decoded: Decoded[] = []
      await expect(decodeChunks(chunks, decoded)).rejects.toThrow(InvalidDataError)
      expect(decoded.map(({ type }) => type)).not.toContain('changeSet')
    })
    await fc.assert(property, { numRuns: 30 })
  })
})
