import type { ServerResponse } from 'node:http'
import type { Clock, Undo } from '../async/clock.ts'
import { onAbort } from '../async/signals.ts'
import { varyOn } from './vary.ts'

export interface EventFeed {
  /** Returns the events from the client's state to the current one, or undefined if the client is up to date. */
  next(): Buffer | undefined
  subscribe(wake: () => void): Undo
  /** Returns the last event of the stream, if the protocol has one. */
  goodbye(reason: string): Buffer | undefined
}

export interface StreamSettings extends ResponseWriterOptions {
  readonly clock: Clock
  readonly heartbeatMs: number
  /** Returns the lifetime of one stream in milliseconds. Called for each stream, so that lifetimes can have a jitter. */
  readonly lifetimeMs: () => number
  readonly closing: AbortSignal
}

/** The options of a single stream; other settings are those of its server. */
export interface StreamDetails {
  readonly headers?: Readonly<Record<string, string | number>>
  /** Aborts when the credential of the client becomes invalid. Absent if it never does. */
  readonly expired?: AbortSignal | undefined
}

/** Drain time-out after the goodbye event, in milliseconds. */
const DRAIN_MS = 2_000

const COMMENT = Buffer.from(':\n\n')

/**
 * Writes an event stream until either side ends it, then resolves. The stream has backpressure: the next events are taken
 * from the feed only when the client has read the previous ones, so at most one answer is buffered for a slow client. A
 * client that reads nothing for `stallMs` is disconnected.
 */
export function serveEvents(
  response: ServerResponse,
  feed: EventFeed,
  settings: StreamSettings,
  { headers = {}, expired }: StreamDetails = {},
): Promise<void> {
  const { clock, heartbeatMs, lifetimeMs, closing } = settings
  // A client that left while its answer was prepared emits no further 'close' event.
  if (response.destroyed) return Promise.resolve()
  let goodbyeReason: string | undefined
  let cancelDrain: Undo = () => {}
  const flush = (): void => {
    while (!writer.isBusy && !response.writableEnded) {
      const bytes = goodbyeReason === undefined ? feed.next() : undefined
      if (bytes) writer.send(bytes)
      else if (goodbyeReason !== undefined) response.end(feed.goodbye(goodbyeReason))
      else return
    }
  }
  // Events in progress are completed first, because a client could parse half of an event as a whole one.
  const drain = (reason: string): void => {
    if (goodbyeReason !== undefined) return
    goodbyeReason = reason
    cancelDrain = clock.after(DRAIN_MS, () => response.destroy())
    flush()
  }
  const sendHeartbeat = (): void => {
    if (!writer.isBusy && !response.writableEnded) writer.send(COMMENT)
    cancelHeartbeat = clock.after(heartbeatMs, sendHeartbeat)
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    vary: varyOn(response, 'authorization'),
    // Without it, nginx buffers the response, which delays every event.
    'x-accel-buffering': 'no',
    ...headers,
  })
  const writer = new ResponseWriter(response, settings, flush)
  const unsubscribe = feed.subscribe(flush)
  let cancelHeartbeat = clock.after(heartbeatMs, sendHeartbeat)
  const cancelLifetime = startTimer(clock, lifetimeMs(), () =>
    drain('the connection reached its maximum lifetime'),
  )
  const removeAbortListener = onAbort(closing, () => drain('the server is shutting down'))
  const expire = (): void => drain('the key or client-side ID of this client is not valid any more')
  const removeExpiryListener = expired ? onAbort(expired, expire) : () => {}
  if (expired?.aborted) expire()
  flush()
  // The first events share a packet with the headers. Without events, the headers are sent at once.
  if (writer.isUnused && !response.writableEnded) response.flushHeaders()
  return new Promise((resolve) => {
    response.on('close', () => {
      writer.stop()
      unsubscribe()
      cancelHeartbeat()
      cancelDrain()
      cancelLifetime()
      removeAbortListener()
      removeExpiryListener()
      resolve()
    })
  })
}

function startTimer(clock: Clock, ms: number, wake: () => void): Undo {
  return ms === Infinity ? () => {} : clock.after(ms, wake)
}

export interface ResponseWriterOptions {
  readonly clock: Clock
  /** A client that reads nothing for this time, in milliseconds, is disconnected. */
  readonly stallMs: number
  readonly onStall: () => void
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly bytes: Buffer
}

/** Bytes that a client must read within `stallMs`. Small enough for a slow network; also limits what kernel buffers hold. */
const SLICE_BYTES = 256 * 1024

/**
 * Writes to one client in slices. Each slice waits until the previous one was read, so that a client that does not read is
 * detected at any size of the answer. Buffers are shared between clients and not copied. `send` and `end` must not be called
 * while the writer is busy.
 */
class ResponseWriter {
  readonly #response: ServerResponse
  readonly #options: ResponseWriterOptions
  readonly #onIdle: () => void
  #rest: Buffer = Buffer.alloc(0)
  #cancelStallTimer: Undo | undefined
  #isUnused = true

  /** @param onIdle - is called when the client has read everything after it had been busy. */
  constructor(response: ServerResponse, options: ResponseWriterOptions, onIdle: () => void) {
    this.#response = response
    this.#options = options
    this.#onIdle = onIdle
    response.on('drain', () => this.#drained())
  }

  /** True while the client has not read everything that was sent. */
  get isBusy(): boolean {
    return this.#cancelStallTimer !== undefined
  }

  get isUnused(): boolean {
    return this.#isUnused
  }

  send(bytes: Buffer): void {
    this.#isUnused = false
    this.#rest = bytes
    this.#pump()
  }

  end(): void {
    this.#response.end()
    destroyIfStalled(this.#response, this.#options)
  }

  /** Must be called when the response closes. */
  stop(): void {
    this.#cancelStallTimer?.()
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
    this.#cancelStallTimer = destroyAfterStall(this.#response, this.#options)
  }

  #drained(): void {
    this.#cancelStallTimer?.()
    this.#cancelStallTimer = undefined
    this.#pump()
    if (!this.isBusy && !this.#response.writableEnded) this.#onIdle()
  }
}

/** Sends a complete answer. Its buffer is shared between clients and not copied. */
export function sendAnswer(
  response: ServerResponse,
  { status, headers, bytes }: HttpAnswer,
  options: ResponseWriterOptions,
): void {
  response.writeHead(status, headers)
  const writer = new ResponseWriter(response, options, () => writer.end())
  response.on('close', () => writer.stop())
  writer.send(bytes)
  if (!writer.isBusy) writer.end()
}

/** Disconnects the client of an ended response if it does not read the rest in time. Kernel buffers count as read. */
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
