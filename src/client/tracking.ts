import { callSafely } from '../async/call-safely.ts'
import { type Context, contextProblem } from '../evaluation/context.ts'
import type { CustomRecord } from '../events/event-recorder.ts'
import { EVENTS_OFF, type EventsStatus } from '../events/events-status.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { ClientParts } from './client.ts'
import type { EventDelivery, FlushCallback } from './flag-client.ts'
import type { Hooks } from './hooks.ts'

/** A call of `track`, unchecked. */
interface TrackCall extends Omit<CustomRecord, 'metricValue'> {
  readonly metricValue: unknown
}

interface TrackingOptions {
  readonly analytics: ClientParts['analytics']
  readonly hooks: Hooks
  readonly logger: Logger
}

/** The calls of an application that concern analytics events only. Checks their arguments; warns once for each kind of mistake. */
export class Tracking {
  readonly delivery: EventDelivery
  readonly #analytics: ClientParts['analytics']
  readonly #hooks: Hooks
  readonly #logger: Logger
  readonly #warned = new WarnOnce()

  constructor({ analytics, hooks, logger }: TrackingOptions) {
    this.#analytics = analytics
    this.#hooks = hooks
    this.#logger = logger
    this.delivery = {
      get status(): EventsStatus {
        return analytics?.status ?? EVENTS_OFF
      },
    }
  }

  track({ key, context, data, metricValue }: TrackCall): void {
    if (!this.#analytics && !this.#hooks.any) return
    if (typeof key !== 'string' || key === '') {
      this.#warn('track', 'the key is not a string, or is empty; the event is dropped')
      return
    }
    if (!this.#isValid('track', context)) return
    const isNumber = typeof metricValue === 'number' && Number.isFinite(metricValue)
    if (!isNumber && metricValue !== undefined && metricValue !== null)
      this.#warn('track', 'the metric value is not a finite number; it is left out of the event')
    const value = isNumber ? metricValue : undefined
    this.#analytics?.recorder.tracked({ key, context, data, metricValue: value })
    if (!this.#hooks.any) return
    this.#hooks.afterTrack({
      key,
      context,
      ...(data !== undefined && { data }),
      ...(value !== undefined && { metricValue: value }),
    })
  }

  identify(context: Context): void {
    if (this.#analytics && this.#isValid('identify', context)) this.#analytics.recorder.identified(context)
  }

  async flush(callback: FlushCallback | undefined): Promise<void> {
    const error = await this.#analytics?.flush()
    if (typeof callback !== 'function') return
    callSafely(
      () => callback(error ?? null, error === undefined),
      (thrown) => this.#logger.error(`flush: the callback threw: ${errorText(thrown)}`),
    )
  }

  #isValid(method: string, context: Context): boolean {
    const problem = contextProblem(context)
    if (problem !== undefined)
      this.#warn(method, `the context is invalid, and the event is dropped (${problem})`)
    return problem === undefined
  }

  #warn(method: string, message: string): void {
    if (this.#warned.isFirst(`${method}: ${message}`)) this.#logger.warn(`${method}: ${message}`)
  }
}
