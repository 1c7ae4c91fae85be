import type { Clock } from '../async/clock.ts'
import type { Options } from '../config/config.ts'
import type { Logger } from '../model/logger.ts'
import { Admission } from '../server/admission.ts'
import { COUNTS_AT_ONCE, diff, merge } from './config/diff.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import { Environment } from './environment.ts'
import { networkOf } from './network-of.ts'
import { prefixed } from './prefixed-logger.ts'

export interface EnvironmentsOptions {
  readonly logger: Logger
  readonly clock: Clock
  /** What all have in common beside what the configuration says. */
  readonly common: Options
  /** Hears whenever one of them, or which they are, changed. */
  readonly changed: () => void
}

/** The environments of a relay, as its configuration has them. */
export class Environments implements Iterable<Environment> {
  readonly #options: EnvironmentsOptions
  readonly #admission: Admission
  readonly #open = new Map<string, Environment>()
  #config: RelayConfig
  #reloading: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(config: RelayConfig, options: EnvironmentsOptions) {
    this.#options = options
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

  /** Opens all of them, or throws the reason why one cannot be opened and leaves none open. */
  async open(): Promise<void> {
    try {
      for (const environment of this.#config.environments) this.#add(environment)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Resolves with the names of those that had nothing to serve in time. */
  async started(): Promise<readonly string[]> {
    const all = [...this.#open.values()]
    const ends = await Promise.all(all.map((each) => each.start(this.#config.initTimeoutMs)))
    return all.filter((_, index) => ends[index] === 'late').map(({ config }) => config.name)
  }

  /** One reload at a time: what is removed has ended before anything starts, since a prefix may have changed hands. */
  reload(wanted: RelayConfig): Promise<void> {
    const reloaded = this.#reloading.then(() => this.#reload(wanted))
    this.#reloading = reloaded.catch(() => {})
    return reloaded
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#open.keys()].map((name) => this.#drop(name)))
    this.#options.changed()
  }

  async #reload(next: RelayConfig): Promise<void> {
    if (this.#closed) return
    // One that could not be opened is new again.
    const present = this.#config.environments.filter(({ name }) => this.#open.has(name))
    const { added, changed, removed, settings } = diff({ ...this.#config, environments: present }, next)
    const late = settings.filter((name) => !COUNTS_AT_ONCE.has(name))
    if (late.length > 0) this.#options.logger.warn(`${late.join(', ')}: a change counts after a restart`)
    this.#config = merge(this.#config, next)
    await Promise.all([...removed, ...changed].map(({ name }) => this.#drop(name)))
    for (const environment of [...changed, ...added]) this.#start(environment)
    this.#options.changed()
  }

  /** One that cannot be opened harms no other. */
  #start(config: EnvironmentConfig): void {
    if (this.#closed) return
    try {
      void this.#add(config).start(this.#config.initTimeoutMs)
    } catch (error) {
      this.#options.logger.error(`${config.name} cannot be served: ${(error as Error).message}`)
    }
  }

  #add(config: EnvironmentConfig): Environment {
    const { logger, clock, common, changed } = this.#options
    const environment = new Environment({
      config,
      relay: this.#config,
      common: { ...networkOf(this.#config), ...common },
      clock,
      logger: prefixed(logger, config.name),
      admission: this.#admission,
      changed,
    })
    this.#open.set(config.name, environment)
    return environment
  }

  async #drop(name: string): Promise<void> {
    const environment = this.#open.get(name)
    this.#open.delete(name)
    await environment?.close()
  }
}
