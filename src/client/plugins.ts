import { callSafely } from '../async/call-safely.ts'
import type { ApplicationTags, Identity } from '../config/request-headers.ts'
import { SDK_NAME, VERSION } from '../config/request-headers.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { hasMethod } from '../options/schemas.ts'
import type { ClientEvents } from './emitter.ts'
import type { FlagClient } from './flag-client.ts'
import { type Hook, isHook, nameOf } from './hooks.ts'
import type { Variations } from './variations.ts'

/** The SDK, the SDK key and the application of a client, as plugins receive them when they are registered. */
export interface PluginEnvironmentMetadata {
  /** The SDK of the client: Halyard's name and version, and the library that wraps it. */
  readonly sdk: {
    readonly name: string
    readonly version: string
    /** Name of the library that wraps this one. Absent if there is none. */
    readonly wrapperName?: string
    readonly wrapperVersion?: string
  }
  /** The option `application`, without values that are not valid. Absent if nothing is left. */
  readonly application?: ApplicationTags
  /** The SDK key of the client. It is a secret. */
  readonly sdkKey: string
}

/**
 * The members of a client that plugins for LaunchDarkly's Node.js SDK and for Halyard have in common. The client is a
 * {@link FlagClient}, which a plugin for Halyard alone may name as the type of its parameter.
 */
export interface PluginClient
  extends Pick<
      Variations<'promise'>,
      'variation' | 'boolVariation' | 'numberVariation' | 'stringVariation' | 'jsonVariation'
    >,
    Pick<FlagClient, 'initialized' | 'isOffline' | 'secureModeHash' | 'track' | 'identify' | 'flush'> {
  /** Adds a listener. */
  on<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): unknown
  /** Adds a listener that is removed after its first call. */
  once<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): unknown
  /** Removes a listener. */
  off<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): unknown
}

/**
 * An extension that adds hooks to a client and receives the client, with the interface of the official SDK.
 *
 * @example
 * ```ts
 * const plugin: Plugin = {
 *   getMetadata: () => ({ name: 'audit' }),
 *   register: (client) => client.on('update', ({ key }) => console.log(`${key} changed`)),
 * }
 * const client = createClient(sdkKey, { dataSystem: presets.default(), plugins: [plugin] })
 * ```
 */
export interface Plugin {
  /** Returns the name of the plugin, for log lines. */
  getMetadata(): { readonly name: string }
  /** Called once, after the client was created and before it has data. */
  register(client: PluginClient, environmentMetadata: PluginEnvironmentMetadata): void
  /** Returns hooks that are added after those of the options. Called once, before the client is created. */
  getHooks?(environmentMetadata: PluginEnvironmentMetadata): readonly Hook[]
}

/** Returns whether a value has the methods of a plugin. */
export function isPlugin(value: unknown): boolean {
  try {
    return hasMethod(value, 'getMetadata') && hasMethod(value, 'register')
  } catch {
    // A getter threw.
    return false
  }
}

/** The plugins of one client. What a plugin throws is logged and affects nothing else. */
export class Plugins {
  readonly #plugins: readonly Plugin[]
  readonly #metadata: PluginEnvironmentMetadata
  readonly #logger: Logger

  constructor(plugins: readonly Plugin[], metadata: PluginEnvironmentMetadata, logger: Logger) {
    this.#plugins = plugins
    this.#metadata = metadata
    this.#logger = logger
  }

  /** Returns the hooks of all plugins, in the order of the plugins. */
  hooks(): readonly Hook[] {
    return this.#plugins.flatMap((plugin) => {
      const given: unknown = this.#call(plugin, 'getHooks', () => plugin.getHooks?.(this.#metadata))
      if (given === undefined) return []
      if (Array.isArray(given) && given.every(isHook)) return given
      this.#report(plugin, 'getHooks did not return an array of hooks')
      return []
    })
  }

  /** Hands the client to each plugin. */
  register(client: FlagClient): void {
    for (const plugin of this.#plugins) {
      this.#call(plugin, 'register', () => plugin.register(client, this.#metadata))
    }
  }

  #call<T>(plugin: Plugin, method: keyof Plugin, call: () => T): T | undefined {
    return callSafely(call, (error) => this.#report(plugin, `${method} failed: ${errorText(error)}`))
  }

  #report(plugin: Plugin, problem: string): void {
    this.#logger.error(`plugins: plugin "${nameOf(plugin)}": ${problem}; the client continues without that`)
  }
}

/** Returns what plugins learn about a client. */
export function environmentMetadata(sdkKey: string, identity: Identity): PluginEnvironmentMetadata {
  const { application, wrapper } = identity
  return {
    sdk: {
      name: SDK_NAME,
      version: VERSION,
      ...(wrapper && { wrapperName: wrapper.name }),
      ...(wrapper?.version !== undefined && { wrapperVersion: wrapper.version }),
    },
    ...(application && { application }),
    sdkKey,
  }
}
