import type { IncomingMessage } from 'node:http'
import { ByteCollector } from '../../transport/byte-collector.ts'

/** The result of reading a body. `busy`: the bodies of all requests together exceed their limit. `gone`: the client has left. */
export type ReadBody =
  | { readonly type: 'body'; readonly bytes: Buffer }
  | { readonly type: 'too long' | 'busy' | 'gone' }

export interface BodyLimit {
  /** The longest body, in bytes. */
  readonly maxBytes: number
  /** Memory for the bodies of all requests that are being read. */
  readonly memory: ByteBudget
}

/** An amount of memory that requests share. */
export class ByteBudget {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** True if no bytes are left. */
  get isSpent(): boolean {
    return this.#bytes >= this.#maxBytes
  }

  /** Takes a number of bytes. Returns false, and takes none, if fewer are left. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false
    this.#bytes += bytes
    return true
  }

  /** Takes a number of bytes, even if fewer are left. */
  overdraw(bytes: number): void {
    this.#bytes += bytes
  }

  release(bytes: number): void {
    this.#bytes -= bytes
  }
}

/** Reads the body of a request. The rest of a body that exceeds a limit is discarded. Never rejects. */
export async function readBody(request: IncomingMessage, { maxBytes, memory }: BodyLimit): Promise<ReadBody> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return { type: 'too long' }
  const collected = new ByteCollector()
  let length = 0
  try {
    // Destroying the request would close the connection before the answer is sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (!memory.take(chunk.length)) return { type: 'busy' }
      length += chunk.length
      if (length > maxBytes) return { type: 'too long' }
      collected.add(chunk)
    }
    return { type: 'body', bytes: collected.take() }
  } catch {
    return { type: 'gone' }
  } finally {
    memory.release(length)
    request.resume()
  }
}
