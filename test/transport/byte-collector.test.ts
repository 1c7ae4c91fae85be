import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteCollector } from '../../src/transport/byte-collector.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function bytesInUse(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

it('returns the bytes of all chunks in their order', () => {
  const lengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 200, max: 2_000 })))
  fc.assert(
    fc.property(lengths, (list) => {
      const chunks = list.map((length, index) => Buffer.alloc(length, index))
      const collected = new ByteCollector()
      for (const chunk of chunks) collected.add(chunk)
      const all = Buffer.concat(chunks)
      expect(collected.length).toBe(all.length)
      const bytes = collected.take()
      expect(bytes.equals(all)).toBe(true)
      expect(bytes.buffer.byteLength).toBe(all.length)
      expect(collected.length).toBe(0)
    }),
  )
})

it('is empty after clear', () => {
  const collected = new ByteCollector()
  for (let index = 0; index < 3; index++) collected.add(Buffer.from('a'))
  collected.clear()
  collected.add(Buffer.from('b'))
  expect(collected.take().toString()).toBe('b')
})

it('(RE5.3) takes little more memory for a million chunks of one byte than for one', () => {
  const before = bytesInUse()
  const collected = new ByteCollector()
  for (let index = 0; index < 1_000_000; index++) collected.add(new Uint8Array(1))
  expect(bytesInUse() - before).toBeLessThan(4_000_000)
  expect(collected.length).toBe(1_000_000)
})
