/** Shorter chunks are joined. An object for each of them would take hundreds of bytes, even if it holds a single one. */
const SMALL_BYTES = 256

/** Length of the block in which short chunks are joined, in bytes. */
const BLOCK_BYTES = 1_024

/** Collects the chunks of a body. Takes about as much memory as they have bytes, even if a sender makes chunks of one byte. */
export class ByteCollector {
  #chunks: Uint8Array[] = []
  #length = 0
  #block: Uint8Array | undefined
  /** Number of bytes in the block. */
  #used = 0

  /** The number of bytes so far. */
  get length(): number {
    return this.#length
  }

  add(chunk: Uint8Array): void {
    const isFirst = this.#length === 0
    this.#length += chunk.length
    if (isFirst || chunk.length >= SMALL_BYTES) {
      this.#endBlock()
      this.#chunks.push(chunk)
      return
    }
    if (this.#used + chunk.length > BLOCK_BYTES) this.#endBlock()
    this.#block ??= new Uint8Array(BLOCK_BYTES)
    this.#block.set(chunk, this.#used)
    this.#used += chunk.length
  }

  /** Returns all bytes, in a buffer that holds nothing else, and forgets them. */
  take(): Buffer {
    this.#endBlock()
    const bytes = Buffer.allocUnsafeSlow(this.#length)
    let offset = 0
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset)
      offset += chunk.length
    }
    this.clear()
    return bytes
  }

  clear(): void {
    this.#chunks = []
    this.#length = 0
    this.#block = undefined
    this.#used = 0
  }

  #endBlock(): void {
    if (this.#block === undefined || this.#used === 0) return
    // A copy, because the block is used again.
    this.#chunks.push(this.#block.slice(0, this.#used))
    this.#used = 0
  }
}
