import { abortable } from '../async/abortable.ts'
import type { Clock } from '../async/clock.ts'
import { guardedClock, guardedRandom } from '../async/guarded.ts'
import { untilAborted } from '../async/signals.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { HttpResponse, Transport } from '../transport/transport.ts'

const clocks = new WeakMap<Clock, Clock>()
const guards = new WeakSet<Clock>()

/**
 * Returns the clock that Halyard uses for a `clock` option: it never throws, whatever the clock of the application does. The
 * same clock has one guard in a process, because timers are shared by clock.
 */
export function safeClock(given: Clock, logger: Logger): Clock {
  if (guards.has(given)) return given
  const known = clocks.get(given)
  if (known) return known
  const guard = guardedClock(given, reportOnce('clock', "the system's clock", logger))
  clocks.set(given, guard)
  guards.add(guard)
  return guard
}

/** Returns the source of chance that Halyard uses for a `random` option: it never throws and stays within [0, 1). */
export function safeRandom(given: () => number, logger: Logger): () => number {
  return guardedRandom(given, systemRandom, reportOnce('random', 'Math.random', logger))
}

/** Returns a transport that heeds its signals and whose answers have the right form, whatever the given one does. */
export function safeTransport(given: Transport): Transport {
  return {
    async get(request) {
      const response: unknown = await untilAborted(Promise.resolve(given.get(request)), request.signal)
      if (!isResponse(response)) throw new TypeError('the transport returned something else than a response')
      const { status, headers, body } = response
      return { status, headers, body: abortable(body, request.signal) }
    },
    close: async () => given.close(),
  }
}

function isResponse(value: unknown): value is HttpResponse {
  if (typeof value !== 'object' || value === null) return false
  const { status, headers, body } = value as Partial<HttpResponse>
  return (
    typeof status === 'number' &&
    typeof headers === 'object' &&
    headers !== null &&
    typeof body === 'object' &&
    body !== null &&
    Symbol.asyncIterator in body
  )
}

function reportOnce(option: string, substitute: string, logger: Logger): (error: unknown) => void {
  const warned = new WarnOnce()
  return (error) => {
    if (!warned.isFirst()) return
    logger.error(
      `the ${option} option failed (${errorText(error)}); ${substitute} is used in its place (further failures are not logged)`,
    )
  }
}

/** The platform's chance: uniform in [0, 1). */
export const systemRandom = (): number => Math.random()
