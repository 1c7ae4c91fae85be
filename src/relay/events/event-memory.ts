import type { Audience } from '../addresses.ts'

/** The part of the memory that payloads with public credentials, which are in apps and pages, may take together. */
const PUBLIC_SHARE = 0.75

/** The memory that payloads may take together: while they are received, wait, and are being sent. */
export class EventMemory {
  readonly #maxBytes: number
  readonly #whole: EventMemory | undefined
  #bytes = 0

  /** @param whole - the memory of which this is a part. */
  constructor(maxBytes: number, whole?: EventMemory) {
    this.#maxBytes = maxBytes
    this.#whole = whole
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Reserves memory and returns true, or returns false if too little is left. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes || this.#whole?.take(bytes) === false) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
    this.#whole?.give(bytes)
  }
}

/**
 * The memory of an environment by kind of credential. A quarter is reserved for servers: client-side IDs and mobile keys can be read
 * by anyone, who could otherwise push out the events of servers.
 */
export class SharedMemory {
  readonly #whole: EventMemory
  readonly #public: EventMemory

  constructor(maxBytes: number) {
    this.#whole = new EventMemory(maxBytes)
    this.#public = new EventMemory(Math.floor(maxBytes * PUBLIC_SHARE), this.#whole)
  }

  get bytes(): number {
    return this.#whole.bytes
  }

  of(audience: Audience): EventMemory {
    return audience === 'server' ? this.#whole : this.#public
  }
}
