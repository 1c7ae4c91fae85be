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
 * Guards a clock of the application, so that it never throws. The same clock has one guard per process, because timers
 * are shared by clock.
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

/** Guards a `random` function of the application, so that it never throws and returns only numbers in [0, 1). */
export function safeRandom(given: () => number, logger: Logger): () => number {
  return guardedRandom(given, systemRandom, reportOnce('random', 'Math.random', logger))
}

/**
 * Guards a transport of the application: a request ends when its signal aborts, and rejects if the response has the
 * wrong form.
 */
export function safeTransport(given: Transport): Transport {
  return {
    async request(request) {
      const response: unknown = await untilAborted(Promise.resolve(given.request(request)), request.signal)
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
      `the ${option} option failed (${errorText(error)}); Halyard uses ${substitute} instead (further failures are not logged)`,
    )
  }
}

export const systemRandom = (): number => Math.random()
