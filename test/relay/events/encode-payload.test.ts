import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { encodePayload } from '../../../src/relay/events/encode-payload.ts'

const MAX = 2 * 2 ** 20

it.each([1, 100, 40_000])(
  '(RE5.4) a gzipped payload keeps no larger buffer, with %i events',
  async (events) => {
    const bytes = Buffer.from(`[${'{"kind":"custom"},'.repeat(events - 1)}{}]`)
    const encoded = await encodePayload({ bytes, encoding: undefined }, MAX, systemClock)
    expect(encoded?.events).toBe(events)
    expect(encoded?.gzipped.buffer.byteLength).toBe(encoded?.gzipped.length)
    expect(gunzipSync(encoded?.gzipped ?? '').equals(bytes)).toBe(true)
  },
)

it('(RE2.6) counts gzipped bodies of every size, and refuses those that inflate to too much', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 * 2 ** 20 }), fc.boolean(), async (length, isRandom) => {
      const text = isRandom
        ? Buffer.from(`["${randomText(length)}"]`)
        : Buffer.alloc(length, '[1]'.padEnd(length))
      const bytes = gzipSync(text, { level: 1 })
      const encoded = await encodePayload({ bytes, encoding: 'gzip' }, MAX, systemClock)
      const isArray = isRandom || length >= 3
      expect(encoded?.events).toBe(isArray && text.length <= MAX ? 1 : undefined)
      if (encoded) expect(encoded.gzipped).toBe(bytes)
    }),
    { numRuns: 40 },
  )
})

/** Returns text that gzip hardly shortens. */
function randomText(length: number): string {
  let state = length
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return String.fromCharCode(97 + (state % 26))
  }).join('')
}
