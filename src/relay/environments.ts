import type { Clock } from '../async/clock.ts'
import type { ConnectionOptions } from '../config/config.ts'
import type { ReceivedEvent } from '../events/receive-payload.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { Admission } from '../server/admission.ts'
import { ClientSide } from './client-side/client-side.ts'
import { diff, merge, RELOADABLE } from './config/diff.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import { CredentialTable, type KnownCredential } from './credential-table.ts'
import { credentialsOf, guessedCredential, type Presented } from './credentials.ts'
import { Environment } from './environment.ts'
import { type PreparedEnvironment, prepareEnvironments, type SourceOf } from './environment-plan.ts'
import { SeriesBudget } from './events/series-budget.ts'
import type { RelayLog } from './log.ts'
import { DEFAULT_MAX_SERIES } from './requests/request-counts.ts'

/** The signal of requests whose credential was not looked up. */
const NEVER = new AbortController().signal

export interface EnvironmentsOptions {
  readonly log: RelayLog
  readonly clock: Clock
  readonly common: ConnectionOptions
  readonly sourceOf?: SourceOf | undefined
  readonly archivedAt?: (() => number) | undefined
  readonly onEvent?: ((event: ReceivedEvent) => void) | undefined
  /** Called when an environment, or the list of environments, has changed. */
  readonly onChange: () => void
}

export class Environments implements Iterable<Environment> {
  readonly #options: EnvironmentsOptions & { readonly logger: Logger }
  readonly #admission: Admission
  readonly #clientSide: ClientSide
  readonly #usageBudget: SeriesBudget
  readonly #open = new Map<string, Environment>()
  /** Includes the credentials of environments that are being closed, whose clients receive a 503 and retry. */
  readonly #credentials: CredentialTable<Environment>
  readonly #starts = new WeakMap<Environment, ReturnType<Environment['start']>>()
  #config: RelayConfig
  #reloading: Promise<unknown> = Promise.resolve()
  /** The last events of closed environments. */
  readonly #delivering = new Set<Promise<void>>()
  #closed = false

  constructor(config: RelayConfig, options: EnvironmentsOptions) {
    this.#options = { ...options, logger: options.log.relay }
    this.#config = config
    this.#admission = new Admission(config.admission)
    this.#clientSide = new ClientSide(config)
    this.#usageBudget = new SeriesBudget(config.metricsCardinalityLimit ?? DEFAULT_MAX_SERIES)
    this.#credentials = new CredentialTable({
      clock: options.clock,
      onExpiry: (credential, environment) => {
        environment.reportExpiry(credential)
        options.onChange()
      },
    })
  }

  get config(): RelayConfig {
    return this.#config
  }

  [Symbol.iterator](): Iterator<Environment> {
    return this.#open.values()
  }

  /** Returns the environment that a request may use, or undefined if its credential is unknown or expired and not every one is accepted. */
  withCredential(presented: Presented): KnownCredential<Environment> | undefined {
    const known = this.#known(presented)
    const owner = known ? undefined : this.#openToAll
    return owner ? { owner, credential: guessedCredential(presented), expired: NEVER } : known
  }

  /** Returns the environment with this name in the configuration, or undefined. */
  named(name: string): Environment | undefined {
    return this.#open.get(name)
  }

  #known(presented: Presented): KnownCredential<Environment> | undefined {
    switch (presented.type) {
      case 'credential':
        return this.#credentials.find(presented.credential)
      case 'key':
        return this.#credentials.findKey(presented.value)
      case 'event token':
        return this.#credentials.findToken(presented.value)
      case 'contradiction':
        return undefined
      default:
        return presented satisfies never
    }
  }

  /** True if an unknown or missing credential is accepted, too, which only a relay with a single environment does. */
  get acceptsAnyKey(): boolean {
    return this.#openToAll !== undefined
  }

  get #openToAll(): Environment | undefined {
    const [owner] = this.#open.size === 1 ? this : []
    return owner?.config.acceptsAnyKey ? owner : undefined
  }

  /** Opens all environments. If one cannot be opened, closes the others and rejects with the reason. */
  async open(): Promise<void> {
    try {
      for (const prepared of prepareEnvironments(this.#config.environments, this.#config, this.#options))
        this.#add(prepared)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Resolves with the names of the environments that had nothing to serve within `initTimeoutMs`, except removed ones. */
  async started(): Promise<readonly string[]> {
    const all = [...this.#open.values()]
    const ends = await Promise.all(all.map((each) => this.#startOnce(each)))
    const isLate = (each: Environment, index: number): boolean =>
      ends[index] === 'late' && this.#open.get(each.config.name) === each
    return all.filter(isLate).map(({ config }) => config.name)
  }

  /**
   * Runs reloads one at a time. An environment that differs only in members that apply at once, such as its keys, continues with
   * its streams. Closes removed environments before it starts new ones, which may use the same prefix.
   */
  reload(wanted: RelayConfig): Promise<void> {
    const reloaded = this.#reloading.then(() => this.#reload(wanted))
    this.#reloading = reloaded.catch(() => {})
    return reloaded
  }

  async close(): Promise<void> {
    this.#closed = true
    const dropped = Array.from(this, (environment) => this.#drop(environment))
    // A reload may still be closing others.
    await Promise.all([...dropped, this.#reloading])
    await Promise.all(this.#delivering)
    this.#credentials.close()
    this.#options.onChange()
  }

  async #reload(wanted: RelayConfig): Promise<void> {
    if (this.#closed) return
    const present = Array.from(this, ({ config }) => config)
    const former = { ...this.#config, environments: present }
    const { added, changed, updated, removed, settings } = diff(former, wanted)
    const config = merge(this.#config, wanted)
    // Prepared before anything is closed, so that a failure changes nothing.
    const prepared = prepareEnvironments([...changed, ...added], config, this.#options)
    const needRestart = settings.filter((name) => !RELOADABLE.has(name))
    if (needRestart.length > 0)
      this.#options.logger.warn(`reload: changes of ${needRestart.join(', ')} take effect after a restart`)
    this.#config = config
    const closing = [...removed, ...changed].flatMap(({ name }) => this.#open.get(name) ?? [])
    await Promise.all(closing.map((environment) => this.#drop(environment)))
    // All keys change at once. A key that moves would be unknown in between, and official SDKs give up after a 401.
    for (const next of updated) this.#update(next)
    for (const each of prepared) this.#start(each)
    for (const environment of closing) this.#credentials.remove(environment)
    this.#options.onChange()
  }

  #start(prepared: PreparedEnvironment): void {
    const { name } = prepared.config
    if (this.#closed) return
    const fail = (error: unknown): void =>
      this.#options.logger.error(`${name}: could not be started and is not served: ${reasonOf(error)}`)
    try {
      this.#startOnce(this.#add(prepared)).catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  #update(config: EnvironmentConfig): void {
    const environment = this.#open.get(config.name)
    if (!environment) return
    environment.update(config)
    this.#credentials.set(environment, credentialsOf(config))
  }

  #startOnce(environment: Environment): ReturnType<Environment['start']> {
    const start = this.#starts.get(environment) ?? environment.start(this.#config.initTimeoutMs)
    this.#starts.set(environment, start)
    return start
  }

  #add(prepared: PreparedEnvironment): Environment {
    const environment = new Environment(prepared, {
      ...this.#options,
      logger: this.#options.log.of(prepared.config),
      relay: this.#config,
      admission: this.#admission,
      clientSide: this.#clientSide,
      usageBudget: this.#usageBudget,
    })
    this.#open.set(prepared.config.name, environment)
    this.#credentials.set(environment, credentialsOf(prepared.config))
    return environment
  }

  async #drop(environment: Environment): Promise<void> {
    this.#open.delete(environment.config.name)
    await environment.close()
    // A reload does not wait, because an events service that does not answer would delay it.
    const delivered = environment.delivered
      .catch((error: unknown) => this.#options.logger.error(`events: not delivered: ${reasonOf(error)}`))
      .finally(() => this.#delivering.delete(delivered))
    this.#delivering.add(delivered)
  }
}
