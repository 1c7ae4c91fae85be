import { createHash } from 'node:crypto'
import type { Clock } from '../async/clock.ts'
import type { ConnectionOptions } from '../config/config.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { Admission } from '../server/admission.ts'
import { diff, merge, RELOADABLE } from './config/diff.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import { Environment } from './environment.ts'
import { type PreparedEnvironment, prepareEnvironments, type SourceOf } from './environment-plan.ts'
import type { RelayLog } from './log.ts'

export interface EnvironmentsOptions {
  readonly log: RelayLog
  readonly clock: Clock
  /** What all have in common beside what the configuration says. */
  readonly common: ConnectionOptions
  readonly sourceOf?: SourceOf | undefined
  readonly archivedAt?: (() => number) | undefined
  /** Hears whenever one of them, or which they are, changed. */
  readonly onChange: () => void
}

/** Whose key it is, and how long it is good. */
interface KnownKey {
  readonly owner: Environment
  readonly until: number
}

/** The environments of a relay, as its configuration has them. */
export class Environments implements Iterable<Environment> {
  readonly #options: EnvironmentsOptions & { readonly logger: Logger }
  readonly #admission: Admission
  readonly #open = new Map<string, Environment>()
  /** By a digest of their keys, those that are on their way out included: their clients are to come again. */
  readonly #byKey = new Map<string, KnownKey>()
  #config: RelayConfig
  #reloading: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(config: RelayConfig, options: EnvironmentsOptions) {
    this.#options = { ...options, logger: options.log.relay }
    this.#config = config
    this.#admission = new Admission(config.admission)
  }

  /** What is in force. */
  get config(): RelayConfig {
    return this.#config
  }

  [Symbol.iterator](): Iterator<Environment> {
    return this.#open.values()
  }

  /** The one whose key this is, if it is good. */
  withKey(authorization: string | undefined): Environment | undefined {
    const known = this.#byKey.get(digestOf(authorization ?? ''))
    return known && this.#options.clock.now() < known.until ? known.owner : undefined
  }

  /** Opens all of them, or throws the reason why one cannot be opened and leaves none open. */
  async open(): Promise<void> {
    try {
      for (const prepared of prepareEnvironments(this.#config.environments, this.#config, this.#options))
        this.#add(prepared)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Resolves with the names of those that had nothing to serve in time; who is gone by then is not waited for. */
  async started(): Promise<readonly string[]> {
    const all = [...this.#open.values()]
    const ends = await Promise.all(all.map((each) => each.start(this.#config.initTimeoutMs)))
    const isLate = (each: Environment, index: number): boolean =>
      ends[index] === 'late' && this.#open.get(each.config.name) === each
    return all.filter(isLate).map(({ config }) => config.name)
  }

  /** One reload at a time: what is removed has ended before anything starts, since a prefix may have changed hands. */
  reload(wanted: RelayConfig): Promise<void> {
    const reloaded = this.#reloading.then(() => this.#reload(wanted))
    this.#reloading = reloaded.catch(() => {})
    return reloaded
  }

  async close(): Promise<void> {
    this.#closed = true
    const dropped = Array.from(this, (environment) => this.#drop(environment))
    // A reload may be in the midst of ending others.
    await Promise.all([...dropped, this.#reloading])
    this.#options.onChange()
  }

  async #reload(wanted: RelayConfig): Promise<void> {
    if (this.#closed) return
    const present = Array.from(this, ({ config }) => config)
    const { added, changed, removed, settings } = diff({ ...this.#config, environments: present }, wanted)
    const config = merge(this.#config, wanted)
    // Before anything ends: what cannot be made changes nothing.
    const prepared = prepareEnvironments([...changed, ...added], config, this.#options)
    const late = settings.filter((name) => !RELOADABLE.has(name))
    if (late.length > 0) this.#options.logger.warn(`${late.join(', ')}: a change counts after a restart`)
    this.#config = config
    const leaving = [...removed, ...changed].flatMap(({ name }) => this.#open.get(name) ?? [])
    await Promise.all(leaving.map((environment) => this.#drop(environment)))
    for (const each of prepared) this.#start(each)
    for (const { config: former } of leaving) this.#forget(former)
    this.#options.onChange()
  }

  #start(prepared: PreparedEnvironment): void {
    const { name } = prepared.config
    if (this.#closed) return
    const fail = (error: unknown): void =>
      this.#options.logger.error(`${name} cannot be served: ${reasonOf(error)}`)
    try {
      this.#add(prepared).start(this.#config.initTimeoutMs).catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  #add(prepared: PreparedEnvironment): Environment {
    const environment = new Environment(prepared, {
      ...this.#options,
      logger: this.#options.log.of(prepared.config),
      relay: this.#config,
      admission: this.#admission,
    })
    this.#open.set(prepared.config.name, environment)
    for (const { digest, until } of keysOf(prepared.config)) {
      this.#byKey.set(digest, { owner: environment, until })
    }
    return environment
  }

  async #drop(environment: Environment): Promise<void> {
    this.#open.delete(environment.config.name)
    await environment.close()
  }

  /** Keys that have another owner by now are kept. */
  #forget(config: EnvironmentConfig): void {
    for (const { digest } of keysOf(config)) {
      const owner = this.#byKey.get(digest)?.owner
      if (owner && this.#open.get(owner.config.name) !== owner) this.#byKey.delete(digest)
    }
  }
}

/** A key of an environment, in a form that says nothing of how much of another one was right. */
export interface KeyDigest {
  readonly digest: string
  /** When it stops being good, milliseconds since the Unix epoch. */
  readonly until: number
}

/** All keys an SDK may show of an environment. */
function keysOf({ sdkKey, moreKeys = [] }: EnvironmentConfig): readonly KeyDigest[] {
  const keys = [{ value: sdkKey, until: Infinity }, ...moreKeys]
  return keys.map(({ value, until = Infinity }) => ({ digest: digestOf(value), until }))
}

/** Keys are compared by it, so that none can be guessed by the time a comparison takes. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64')
}
