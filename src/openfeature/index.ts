/**
 * A provider for OpenFeature's server SDK: {@link HalyardProvider}. Needs the package `@openfeature/server-sdk`.
 *
 * @packageDocumentation
 */

import {
  type EvaluationContext,
  type JsonValue,
  type Logger,
  OpenFeatureEventEmitter,
  type Paradigm,
  type Provider,
  ProviderEvents,
  type ProviderMetadata,
  type ResolutionDetails,
  type TrackingEventDetails,
} from '@openfeature/server-sdk'
import type { ClientOptions } from '../client/client-options.ts'
import type { FlagClient } from '../client/flag-client.ts'
import { safeLogger } from '../config/logger.ts'
import type { Context } from '../evaluation/context.ts'
import type { Detail } from '../evaluation/detail.ts'
import { toContext } from '../evaluation/openfeature-context.ts'
import { errorText } from '../model/error-text.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { readingOptions } from '../options/readable.ts'
import { type ClientSource, isClient, lentClient, ownClient } from './client-source.ts'
import { follow, untilServing } from './events.ts'
import { failed, onlyObjects, toResolution } from './to-resolution.ts'

/** Options of the provider itself. */
export interface ProviderOptions {
  /** Longest time that `initialize` waits for data, in milliseconds. The client goes on afterwards. Default 10,000. */
  readonly initTimeoutMs?: number
}

const NO_CONTEXT: Context = { kind: 'user', key: '' }

/**
 * A provider for OpenFeature's server SDK. It evaluates flags with a Halyard client and emits events about the state of their data.
 *
 * @example
 * ```ts
 * import { OpenFeature } from '@openfeature/server-sdk'
 *
 * await OpenFeature.setProviderAndWait(new HalyardProvider(sdkKey, { dataSystem: presets.default() }))
 * const enabled = await OpenFeature.getClient().getBooleanValue('new-checkout', false, { targetingKey: 'u-1' })
 * ```
 */
export class HalyardProvider implements Provider {
  /** The name of the provider. */
  readonly metadata: ProviderMetadata = { name: 'halyard' }
  /** The kind of SDK that the provider works with. */
  readonly runsOn: Paradigm = 'server'
  /** The emitter of `Ready`, `Stale`, `Error` and `ConfigurationChanged`. */
  readonly events: OpenFeatureEventEmitter = new OpenFeatureEventEmitter()
  readonly #source: ClientSource
  readonly #initTimeoutMs: number
  readonly #warned = new WarnOnce()
  #client: FlagClient | undefined
  #use = new AbortController()
  #initializing: Promise<void> | undefined

  /** Creates a provider with its own client, which it opens in `initialize` and closes in `onClose`. */
  constructor(sdkKey: string, options?: ClientOptions & ProviderOptions)
  /** Creates a provider that uses your client. You close the client yourself. */
  constructor(client: FlagClient, options?: ProviderOptions)
  constructor(given: string | FlagClient, provided: ClientOptions & ProviderOptions = {}) {
    const { initTimeoutMs = 10_000, ...options } = readingOptions({ HalyardProvider: provided }, () => ({
      ...provided,
    }))
    this.#initTimeoutMs = initTimeoutMs
    this.#source = isClient(given) ? lentClient(given, options) : ownClient(given, options)
  }

  /** The client of the provider, for features that OpenFeature lacks. `undefined` until `initialize` is called. */
  get client(): FlagClient | undefined {
    return this.#client
  }

  /** Opens the client and resolves when there is data. OpenFeature calls it. Rejects with an error of OpenFeature if there is no data. */
  initialize(): Promise<void> {
    this.#initializing ??= this.#initialize(this.#use.signal)
    return this.#initializing
  }

  /** Stops the events and closes the client if it is the provider's own. OpenFeature calls it. Evaluations still work with the last data, and `initialize` may be called again. */
  async onClose(): Promise<void> {
    this.#use.abort()
    this.#use = new AbortController()
    this.#initializing = undefined
    if (this.#client) await this.#source.release(this.#client)
  }

  /** Evaluates a flag as a boolean. */
  resolveBooleanEvaluation(
    flagKey: string,
    defaultValue: boolean,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<boolean>> {
    return this.#resolve(defaultValue, context, logger, (client, of) =>
      client.boolVariationDetail(flagKey, of, defaultValue),
    )
  }

  /** Evaluates a flag as a string. */
  resolveStringEvaluation(
    flagKey: string,
    defaultValue: string,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<string>> {
    return this.#resolve(defaultValue, context, logger, (client, of) =>
      client.stringVariationDetail(flagKey, of, defaultValue),
    )
  }

  /** Evaluates a flag as a number. */
  resolveNumberEvaluation(
    flagKey: string,
    defaultValue: number,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<number>> {
    return this.#resolve(defaultValue, context, logger, (client, of) =>
      client.numberVariationDetail(flagKey, of, defaultValue),
    )
  }

  /** Evaluates a flag as an object, an array or null. */
  resolveObjectEvaluation<T extends JsonValue>(
    flagKey: string,
    defaultValue: T,
    context: EvaluationContext,
    logger: Logger,
  ): Promise<ResolutionDetails<T>> {
    return this.#resolve(defaultValue, context, logger, async (client, of) =>
      onlyObjects(await client.jsonVariationDetail(flagKey, of, defaultValue), defaultValue),
    )
  }

  /**
   * Records a custom event: `value` of the details is its metric value, and the other members are its data. Does nothing before
   * `initialize`, nor for an invalid context, of which the client warns once.
   */
  track(trackingEventName: string, context: EvaluationContext, details?: TrackingEventDetails): void {
    const { data, metricValue } = partsOf(details)
    this.#client?.track(trackingEventName, contextOrInvalid(context), data, metricValue)
  }

  async #initialize(signal: AbortSignal): Promise<void> {
    const { events } = this
    const client = this.#source.open()
    this.#client = client
    try {
      await untilServing(client, { timeoutMs: this.#initTimeoutMs, signal })
      follow(client, { events, initialState: ProviderEvents.Ready, signal })
    } catch (error) {
      follow(client, { events, initialState: ProviderEvents.Error, signal })
      throw error
    }
  }

  async #resolve<T>(
    defaultValue: T,
    given: EvaluationContext,
    logger: Logger,
    evaluate: (client: FlagClient, context: Context) => Promise<Detail<T>>,
  ): Promise<ResolutionDetails<T>> {
    const context = this.#contextOf(given, logger)
    if (!context) return toResolution(failed(defaultValue, 'EXCEPTION'), NO_CONTEXT)
    const detail = this.#client
      ? await evaluate(this.#client, context)
      : failed(defaultValue, 'CLIENT_NOT_READY')
    return toResolution(detail, context)
  }

  /** Returns `undefined` if the context cannot be read because a getter throws or it is nested too deeply. */
  #contextOf(given: EvaluationContext, logger: Logger): Context | undefined {
    try {
      return toContext(given, (message) => this.#warnOnce(logger, message))
    } catch (error) {
      this.#warnOnce(
        logger,
        `a context cannot be read; evaluations return the default value: ${errorText(error)}`,
      )
      return undefined
    }
  }

  #warnOnce(logger: Logger, message: string): void {
    if (this.#warned.isFirst(message)) safeLogger(logger).warn(`[halyard] ${message}`)
  }
}

function partsOf(details: TrackingEventDetails | undefined): {
  readonly data: unknown
  readonly metricValue?: number | undefined
} {
  try {
    const { value, ...data } = details ?? {}
    return { data: Object.keys(data).length > 0 ? data : undefined, metricValue: value }
  } catch {
    // The client warns of data that cannot be read, and drops the event.
    return { data: details }
  }
}

/** Returns the context; if it cannot be read, one without a key, of which the client warns. */
function contextOrInvalid(given: EvaluationContext): Context {
  try {
    return toContext(given, () => {})
  } catch {
    return NO_CONTEXT
  }
}
