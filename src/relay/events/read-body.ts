import type { IncomingMessage } from 'node:http'
import { ByteCollector } from '../../transport/byte-collector.ts'
import type { EventMemory } from './event-memory.ts'
import { OVERHEAD_BYTES } from './payload.ts'

export interface BodyLimits {
  readonly maxBytes: number
  readonly memory: EventMemory
}

/** A body whose `reserved` bytes of the memory the owner must release. */
export interface CompleteBody {
  readonly type: 'complete'
  readonly bytes: Uint8Array
  readonly reserved: number
}

/**
 * The body of a request. `tooLong`: the rest is
 * discarded as it arrives. `noRoom`: the memory was used up. `broken`: the client left.
 */
export type ReceivedBody = CompleteBody | { readonly type: 'empty' | 'tooLong' | 'noRoom' | 'broken' }

/** Reads the body of a request without decoding it. Never rejects, and discards what it does not keep. */
export function readBody(request: IncomingMessage, { maxBytes, memory }: BodyLimits): Promise<ReceivedBody> {
  return new Promise((resolve) => {
    const collected = new ByteCollector()
    // Reserved at the start, so that requests without a body take memory, too.
    let isKept = memory.take(OVERHEAD_BYTES)
    const release = (): void => {
      memory.give(collected.length + OVERHEAD_BYTES)
      collected.clear()
      isKept = false
    }
    request.on('data', (chunk: Buffer) => {
      if (!isKept) return
      if (collected.length + chunk.length > maxBytes) {
        release()
        resolve({ type: 'tooLong' })
      } else if (memory.take(chunk.length)) collected.add(chunk)
      else release()
    })
    request.on('end', () => {
      if (!isKept) return resolve({ type: 'noRoom' })
      const { length } = collected
      if (length === 0) {
        release()
        return resolve({ type: 'empty' })
      }
      isKept = false
      resolve({ type: 'complete', bytes: collected.take(), reserved: length + OVERHEAD_BYTES })
    })
    request.on('error', () => undefined)
    request.on('close', () => {
      if (isKept) release()
      resolve({ type: 'broken' })
    })
  })
}

/** Copies bytes to memory of their own. A part of a larger buffer would keep all of that buffer, which may be 16 times as large. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}
