import type { IncomingMessage } from 'node:http'
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
    let chunks: Buffer[] = []
    let length = 0
    // Reserved at the start, so that requests without a body take memory, too.
    let isKept = memory.take(OVERHEAD_BYTES)
    const release = (): void => {
      memory.give(length + OVERHEAD_BYTES)
      chunks = []
      isKept = false
    }
    request.on('data', (chunk: Buffer) => {
      if (!isKept) return
      if (length + chunk.length > maxBytes) {
        release()
        resolve({ type: 'tooLong' })
      } else if (memory.take(chunk.length)) {
        length += chunk.length
        chunks.push(chunk)
      } else release()
    })
    request.on('end', () => {
      if (!isKept) return resolve({ type: 'noRoom' })
      if (length === 0) {
        release()
        return resolve({ type: 'empty' })
      }
      isKept = false
      resolve({ type: 'complete', bytes: ownBytes(...chunks), reserved: length + OVERHEAD_BYTES })
    })
    request.on('error', () => undefined)
    request.on('close', () => {
      if (isKept) release()
      resolve({ type: 'broken' })
    })
  })
}

/** Copies chunks to memory of their own. A part of a larger buffer would keep all of that buffer, which may be 16 times as large. */
export function ownBytes(...chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(chunks.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}
