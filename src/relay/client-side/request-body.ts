import type { IncomingMessage } from 'node:http'

/** The result of reading a body. `busy`: the bodies of all requests together exceed their limit. `gone`: the client has left. */
export type ReadBody =
  | { readonly type: 'body'; readonly bytes: Buffer }
  | { readonly type: 'too long' | 'busy' | 'gone' }

export interface BodyLimit {
  /** The longest body, in bytes. */
  readonly maxBytes: number
  /** Limits the bodies of all requests that are being read. */
  readonly memory: BodyMemory
}

/** The bytes of all request bodies that are being read. */
export class BodyMemory {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes a number of bytes. Returns false if fewer are left. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false
    this.#bytes += bytes
    return true
  }

  release(bytes: number): void {
    this.#bytes -= bytes
  }
}

/** Reads the body of a request. The rest of a body that exceeds a limit is discarded. Never rejects. */
export async function readBody(request: IncomingMessage, { maxBytes, memory }: BodyLimit): Promise<ReadBody> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return { type: 'too long' }
  const chunks: Buffer[] = []
  let length = 0
  try {
    // Destroying the request would close the connection before the answer is sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (!memory.take(chunk.length)) return { type: 'busy' }
      length += chunk.length
      if (length > maxBytes) return { type: 'too long' }
      chunks.push(chunk)
    }
    return { type: 'body', bytes: Buffer.concat(chunks, length) }
  } catch {
    return { type: 'gone' }
  } finally {
    memory.release(length)
    request.resume()
  }
}
