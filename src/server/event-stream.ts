import type { ServerResponse } from 'node:http'
import type { Clock, Undo } from '../async/clock.ts'
import { onAbort } from '../async/signals.ts'
import { Outlet, type OutletOptions } from './outlet.ts'

/** What there is to say to one client. */
export interface Conversation {
  /** What brings the client from where it was brought last to the present; undefined when it is there. */
  next(): Buffer | undefined
  /** Calls back whenever there may be something to say. */
  subscribe(ring: () => void): Undo
  /** The last word, if there is one. */
  farewell(reason: string): Buffer | undefined
}

/** What all streams of a server have in common. */
export interface StreamSettings extends OutletOptions {
  readonly clock: Clock
  readonly heartbeatMs: number
  /** How long a stream may last, milliseconds; asked for each of them, so that those that came together can leave one by one. */
  readonly lifetimeMs: () => number
  /** Aborts when the server shuts down. */
  readonly closing: AbortSignal
}

/** How long a client gets to take what it was sent last, and its goodbye. */
const FAREWELL_MS = 2_000

const COMMENT = Buffer.from(':\n\n')

/**
 * Brings a client up to date and keeps it there until either side ends the stream; resolves then. A client that reads
 * more slowly than data changes is told nothing until it has taken what it was sent, and is then told what it missed:
 * what waits for it never exceeds one answer. One that takes nothing at all is cut.
 */
export function serveEvents(
  response: ServerResponse,
  conversation: Conversation,
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
      else if (leaving !== undefined) response.end(conversation.farewell(leaving))
      else return
    }
  }
  // Not in the midst of something: a client must not take half an event for a whole one.
  const leave = (reason: string): void => {
    if (leaving !== undefined) return
    leaving = reason
    cut = clock.after(FAREWELL_MS, () => response.destroy())
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
  const outlet = new Outlet(response, settings, speak)
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
