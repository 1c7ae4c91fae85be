import type { ServerResponse } from 'node:http'
import type { Clock, Undo } from '../async/clock.ts'
import { onAbort } from '../async/signals.ts'

/** What there is to say to one client. */
export interface EventFeed {
  /** What brings the client from where it was brought last to the present; undefined when it is there. */
  next(): Buffer | undefined
  /** Calls back whenever there may be something to say. */
  subscribe(ring: () => void): Undo
  /** The last word, if there is one. */
  goodbye(reason: string): Buffer | undefined
}

/** What all streams of a server have in common. */
export interface StreamSettings extends ResponseWriterOptions {
  readonly clock: Clock
  readonly heartbeatMs: number
  /** How long a stream may last, milliseconds; asked for each of them, so that those that came together can leave one by one. */
  readonly lifetimeMs: () => number
  /** Aborts when the server shuts down. */
  readonly closing: AbortSignal
}

/** How long a client gets to take what it was sent last, and its goodbye. */
const DRAIN_MS = 2_000

const COMMENT = Buffer.from(':\n\n')

/**
 * Brings a client up to date and keeps it there until either side ends the stream; resolves then. A client that reads
 * more slowly than data changes is told nothing until it has taken what it was sent, and is then told what it missed:
 * what waits for it never exceeds one answer. One that takes nothing at all is cut.
 */
export function serveEvents(
  response: ServerResponse,
  conversation: EventFeed,
  settings: StreamSettings,
  headers: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  const { clock, heartbeatMs, lifetimeMs, closing } = settings
  // Whoever left while its answer was sought hears no events any more, not even of having left.
  if (response.destroyed) return Promise.resolve()
  let leaving: string | undefined
  let cut: Undo = () => {}
  const speak = (): void => {
    while (!outlet.isBusy && !response.writableEnded) {
      const bytes = leaving === undefined ? conversation.next() : undefined
      if (bytes) outlet.send(bytes)
      else if (leaving !== undefined) response.end(conversation.goodbye(leaving))
      else return
    }
  }
  // Not in the midst of something: a client must not take half an event for a whole one.
  const leave = (reason: string): void => {
    if (leaving !== undefined) return
    leaving = reason
    cut = clock.after(DRAIN_MS, () => response.destroy())
    speak()
  }
  const beat = (): void => {
    if (!outlet.isBusy && !response.writableEnded) outlet.send(COMMENT)
    disarm = clock.after(heartbeatMs, beat)
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    vary: 'authorization',
    // nginx collects a response in a buffer unless the response says otherwise, which would delay every event.
    'x-accel-buffering': 'no',
    ...headers,
  })
  const outlet = new ResponseWriter(response, settings, speak)
  const unsubscribe = conversation.subscribe(speak)
  let disarm = clock.after(heartbeatMs, beat)
  const retire = after(clock, lifetimeMs(), () => leave('this connection is old'))
  const unlisten = onAbort(closing, () => leave('the server is shutting down'))
  speak()
  // With something to say, it is one packet with the head; whoever has nothing to hear learns at least that it is connected.
  if (outlet.isUnused && !response.writableEnded) response.flushHeaders()
  return new Promise((resolve) => {
    response.on('close', () => {
      unsubscribe()
      disarm()
      cut()
      retire()
      unlisten()
      resolve()
    })
  })
}

/** No timer for what never happens. */
function after(clock: Clock, ms: number, wake: () => void): Undo {
  return ms === Infinity ? () => {} : clock.after(ms, wake)
}

/** How bytes go out to clients. */
export interface ResponseWriterOptions {
  readonly clock: Clock
  /** How long a client may take nothing of what it was sent, milliseconds, before it is cut. */
  readonly stallMs: number
  /** Hears that a client was cut. */
  readonly onStall: () => void
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly bytes: Buffer
}

/** What a client has to take within the time: few bytes for a slow network, and a bound on what the kernel is given. */
const SLICE_BYTES = 256 * 1024

/**
 * The way to one client. What is long goes out in slices, the next when the one before was taken, so that a client that
 * does not read is noticed however much it was sent. Buffers are shared between clients and never copied here.
 */
class ResponseWriter {
  readonly #response: ServerResponse
  readonly #options: ResponseWriterOptions
  readonly #onIdle: () => void
  #rest: Buffer = Buffer.alloc(0)
  #disarm: Undo | undefined
  #isUnused = true

  /** `onIdle` is called whenever everything was taken after it had not been. */
  constructor(response: ServerResponse, options: ResponseWriterOptions, onIdle: () => void) {
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
    destroyIfStalled(this.#response, this.#options)
  }

  #pump(): void {
    while (this.#rest.length > 0) {
      const slice = this.#rest.subarray(0, SLICE_BYTES)
      this.#rest = this.#rest.subarray(SLICE_BYTES)
      if (!this.#response.write(slice)) {
        this.#wait()
        return
      }
    }
  }

  #wait(): void {
    this.#disarm = destroyAfterStall(this.#response, this.#options)
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
  { status, headers, bytes }: HttpAnswer,
  options: ResponseWriterOptions,
): void {
  response.writeHead(status, headers)
  const outlet = new ResponseWriter(response, options, () => outlet.end())
  outlet.send(bytes)
  if (!outlet.isBusy) outlet.end()
}

/** Cuts the client of a response that has ended if it does not take the rest in time. What the kernel took counts as taken. */
export function destroyIfStalled(response: ServerResponse, options: ResponseWriterOptions): void {
  if (response.writableLength === 0 || response.destroyed) return
  response.once('close', destroyAfterStall(response, options))
}

function destroyAfterStall(
  response: ServerResponse,
  { clock, stallMs, onStall }: ResponseWriterOptions,
): Undo {
  return clock.after(stallMs, () => {
    onStall()
    response.destroy()
  })
}
