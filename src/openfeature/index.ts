import {
  type EvaluationContext,
  type JsonValue,
  type Logger,
  OpenFeatureEventEmitter,
  type Paradigm,
  type Provider,
  ProviderEvents,
  ProviderFatalError,
  type ProviderMetadata,
  type ResolutionDetails,
} from '@openfeature/server-sdk'
import type { ClientOptions } from '../client/client-options.ts'
import { openClient } from '../client/create-client.ts'
import type { FlagClient } from '../client/flag-client.ts'
import { safeLogger } from '../config/logger.ts'
import type { Context } from '../evaluation/context.ts'
import type { Detail } from '../evaluation/detail.ts'
import { errorText } from '../model/error-text.ts'
import { ConfigError } from '../model/errors.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { readingOptions } from '../options/readable.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import { follow, untilServing } from './events.ts'
import { toContext } from './to-context.ts'
import { failed, onlyObjects, toResolution } from './to-resolution.ts'

export interface ProviderOptions {
  /** How long OpenFeature is kept waiting for data, milliseconds. Default 10,000. The work goes on after it. */
  readonly initTimeoutMs?: number
}

const NO_CONTEXT: Context = { kind: 'user', key: '' }

/** Evaluates the flags of a Halyard client for OpenFeature's server SDK, and says how their data stands. */
export class HalyardProvider implements Provider {
  readonly metadata: ProviderMetadata = { name: 'halyard' }
  readonly runsOn: Paradigm = 'server'
  readonly events: OpenFeatureEventEmitter = new OpenFeatureEventEmitter()
  readonly #source: ClientSource
  readonly #initTimeoutMs: number
  readonly #warned = new WarnOnce()
  #client: FlagClient | undefined
  #use = new AbortController()
  #initializing: Promise<void> | undefined

  /** With a client of its own, which it makes when OpenFeature initializes it and closes when OpenFeature closes it. */
  constructor(sdkKey: string, options?: ClientOptions & ProviderOptions)
  /** With a client of yours, which you close. */
  constructor(client: FlagClient, options?: ProviderOptions)
  constructor(given: string | FlagClient, provided: ClientOptions & ProviderOptions = {}) {
    const { initTimeoutMs = 10_000, ...options } = readingOptions({ HalyardProvider: provided }, () => ({
      ...provided,
    }))
    this.#initTimeoutMs = initTimeoutMs
    this.#source = isClient(given) ? lentClient(given, options) : ownClient(given, options)
  }

  /** The client behind it, for what OpenFeature has no word for; undefined until it is initialized. */
  get client(): FlagClient | undefined {
    return this.#client
  }

  /** Resolves when there is data to serve; for OpenFeature to call. */
  initialize(): Promise<void> {
    this.#initializing ??= this.#initialize(this.#use.signal)
    return this.#initializing
  }

  /** Ends what it began, for OpenFeature to call. What is held is served on, and it can be initialized anew. */
  async onClose(): Promise<void> {
    this.#use.abort()
    this.#use = new AbortController()
    this.#initializing = undefined
    if (this.#client) await this.#source.release(this.#client)
  }

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

  async #initialize(signal: AbortSignal): Promise<void> {
    const { events } = this
    const client = this.#source.open()
    this.#client = client
    try {
      await untilServing(client, { timeoutMs: this.#initTimeoutMs, signal })
      follow(client, { events, noted: ProviderEvents.Ready, signal })
    } catch (error) {
      follow(client, { events, noted: ProviderEvents.Error, signal })
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

  /** Returns `undefined` for what cannot be read: a getter throws, or it is nested deeper than the platform bears. */
  #contextOf(given: EvaluationContext, logger: Logger): Context | undefined {
    try {
      return toContext(given, (message) => this.#warnOnce(logger, message))
    } catch (error) {
      this.#warnOnce(logger, `a context cannot be read; default values are returned: ${errorText(error)}`)
      return undefined
    }
  }

  #warnOnce(logger: Logger, message: string): void {
    if (this.#warned.isFirst(message)) safeLogger(logger).warn(`[halyard] ${message}`)
  }
}

/** How a provider comes by its client, and what becomes of the client afterwards. */
export interface ClientSource {
  /** Throws an error of OpenFeature's. */
  open(): FlagClient
  release(client: FlagClient): Promise<void>
}

/** Names of options that the provider reads itself. */
export const PROVIDER_OPTIONS: readonly string[] = ['initTimeoutMs']

/** A client of the provider's own, for each time the provider is in use. */
export function ownClient(sdkKey: string, options: ClientOptions): ClientSource {
  const open = (): FlagClient => {
    try {
      return openClient(sdkKey, options, PROVIDER_OPTIONS)
    } catch (error) {
      if (error instanceof ConfigError) throw new ProviderFatalError(error.message, { cause: error })
      throw error
    }
  }
  return { open, release: (client) => client.close() }
}

/** Whether a value is a client, as opposed to an SDK key or a mistake in the place of one. */
export function isClient(given: unknown): given is FlagClient {
  return typeof (given as Partial<FlagClient> | null | undefined)?.waitForInitialization === 'function'
}

/**
 * A client that its owner closes.
 *
 * @throws {ConfigError} for options that belong to the client.
 */
export function lentClient(client: FlagClient, options: object): ClientSource {
  refuseUnknownNames('HalyardProvider', options, PROVIDER_OPTIONS)
  return { open: () => client, release: async () => {} }
}
