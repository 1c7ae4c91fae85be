import type { ServerResponse } from 'node:http'
import type { Clock, Undo } from '../async/clock.ts'

/** How bytes go out to clients. */
export interface OutletOptions {
  readonly clock: Clock
  /** How long a client may take nothing of what it was sent, milliseconds, before it is cut. */
  readonly stallMs: number
  /** Hears that a client was cut. */
  readonly onCut: () => void
}

export interface CompleteAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly bytes: Buffer
}

/** What a client has to take within the time: few bytes for a slow network, and a bound on what the kernel is given. */
const SLICE = 256 * 1024

/**
 * The way to one client. What is long goes out in slices, the next when the one before was taken, so that a client that
 * does not read is noticed however much it was sent. Buffers are shared between clients and never copied here.
 */
export class Outlet {
  readonly #response: ServerResponse
  readonly #options: OutletOptions
  readonly #onIdle: () => void
  #rest: Buffer = Buffer.alloc(0)
  #disarm: Undo | undefined
  #isUnused = true

  /** `onIdle` is called whenever everything was taken after it had not been. */
  constructor(response: ServerResponse, options: OutletOptions, onIdle: () => void) {
    this.#response = response
    this.#options = options
    this.#onIdle = onIdle
    response.on('drain', () => this.#taken())
    response.on('close', () => this.#disarm?.())
  }

  /** Whether the client has not taken yet what it was sent. */
  get isBusy(): boolean {
    return this.#disarm !== undefined
  }

  /** Whether nothing was sent yet. */
  get isUnused(): boolean {
    return this.#isUnused
  }

  /** Only while it is not busy. */
  send(bytes: Buffer): void {
    this.#isUnused = false
    this.#rest = bytes
    this.#pump()
  }

  /** Ends the response. Only while it is not busy. */
  end(): void {
    this.#response.end()
    cutUnlessTaken(this.#response, this.#options)
  }

  #pump(): void {
    while (this.#rest.length > 0) {
      const slice = this.#rest.subarray(0, SLICE)
      this.#rest = this.#rest.subarray(SLICE)
      if (!this.#response.write(slice)) {
        this.#wait()
        return
      }
    }
  }

  #wait(): void {
    this.#disarm = cutAfterStall(this.#response, this.#options)
  }

  #taken(): void {
    this.#disarm?.()
    this.#disarm = undefined
    this.#pump()
    if (!this.isBusy && !this.#response.writableEnded) this.#onIdle()
  }
}

/** Sends a complete answer. Buffers are shared between clients and never copied here. */
export function sendAnswer(
  response: ServerResponse,
  { status, headers, bytes }: CompleteAnswer,
  options: OutletOptions,
): void {
  response.writeHead(status, headers)
  const outlet = new Outlet(response, options, () => outlet.end())
  outlet.send(bytes)
  if (!outlet.isBusy) outlet.end()
}

/** Cuts the client of a response that has ended if it does not take the rest in time. What the kernel took counts as taken. */
export function cutUnlessTaken(response: ServerResponse, options: OutletOptions): void {
  if (response.writableLength === 0 || response.destroyed) return
  response.once('close', cutAfterStall(response, options))
}

function cutAfterStall(response: ServerResponse, { clock, stallMs, onCut }: OutletOptions): Undo {
  return clock.after(stallMs, () => {
    onCut()
    response.destroy()
  })
}
