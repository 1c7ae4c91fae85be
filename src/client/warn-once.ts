import { type Context, contextProblem } from '../evaluation/context.ts'
import type { ErrorKind } from '../evaluation/detail.ts'
import type { Refusal } from '../evaluation/pattern.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { nearMiss } from '../model/near-miss.ts'
import { FLAGS_STATE_OPTIONS } from './flags-state.ts'

/** Patterns, and what is said of them, may be as long as the data likes. */
const MAX_LENGTH = 120

/** A process that makes up flag keys must not fill memory with them. */
const MAX_KEYS = 1_000

type Topic = ErrorKind | 'NOT_IN_MEMORY' | 'UNCONFIRMED' | 'UNREADABLE' | 'PATTERN_REFUSED' | 'STATE_OPTION'

/** Warns once, for each flag, of what would otherwise be said at each evaluation. */
export class WarnOnce {
  readonly #logger: Logger
  readonly #said = new Map<Topic, Set<string>>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Evaluated before there was data. */
  early(): void {
    this.#once('CLIENT_NOT_READY', '', () => 'evaluated before there was data: fallback values are returned')
  }

  /** Evaluated at once with data that is in a database. */
  notInMemory(): void {
    this.#once(
      'NOT_IN_MEMORY',
      '',
      () =>
        'client.sync returns fallback values, because the data is in a database that is read lazily: ' +
        "use the methods that return promises, or open the store with reads: 'snapshot'",
    )
  }

  /** Evaluated with data that no source has confirmed yet. `ageOf` returns the milliseconds since it was saved, if known. */
  unconfirmed(ageOf: () => number | undefined): void {
    this.#once('UNCONFIRMED', '', () => {
      const ageMs = ageOf()
      const age = ageMs === undefined ? 'of unknown age' : `saved ${Math.round(ageMs / 1_000)} s ago`
      return `evaluating data ${age}: no source has confirmed it yet`
    })
  }

  /** Evaluated while the database that holds the data could not be read. The log of the store has the reason. */
  unreadable(): void {
    this.#once(
      'UNREADABLE',
      '',
      () => 'evaluated while the database could not be read: fallback values are returned',
    )
  }

  wrongType(key: string, type: string): void {
    this.#once(
      'WRONG_TYPE',
      key,
      (keyText) => `flag "${keyText}" is not a ${type}: the fallback value is returned`,
    )
  }

  /** Evaluation ended in an error. */
  failed(errorKind: ErrorKind, key: string, context: Context): void {
    this.#once(
      errorKind,
      key,
      (keyText) => `${describe(errorKind, keyText, context)}: the fallback value is returned`,
    )
  }

  /** `allFlagsState` was called with these options. Warns of each name that is not known. */
  stateOptions(options: object): void {
    for (const name of Object.keys(options ?? {})) {
      if (FLAGS_STATE_OPTIONS.includes(name)) continue
      const near = nearMiss(name, FLAGS_STATE_OPTIONS)
      const hint =
        near === undefined ? `known are ${FLAGS_STATE_OPTIONS.join(', ')}` : `did you mean ${near}?`
      this.#once(
        'STATE_OPTION',
        name,
        () => `allFlagsState: ${shortened(name)} is not an option; ignored (${hint})`,
      )
    }
  }

  /** Evaluation met a pattern that never matches, in the flag or in what it depends on. */
  refused(key: string, { pattern, reason }: Refusal): void {
    this.#once('PATTERN_REFUSED', key, (keyText) => {
      const which = JSON.stringify(shortened(pattern))
      return `flag "${keyText}" depends on the pattern ${which}, which is refused and never matches: ${shortened(reason)}`
    })
  }

  #once(topic: Topic, key: string, message: (keyText: string) => string): void {
    const said = this.#said.get(topic) ?? new Set()
    this.#said.set(topic, said)
    if (said.has(key) || said.size >= MAX_KEYS) return
    said.add(key)
    // A caller without types may use any value as a key, and not every value can be put into a text.
    this.#logger.warn(message(errorText(key)))
  }
}

function shortened(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}

function describe(errorKind: ErrorKind, key: string, context: Context): string {
  switch (errorKind) {
    case 'FLAG_NOT_FOUND':
      return `unknown flag "${key}"`
    case 'USER_NOT_SPECIFIED':
      return `flag "${key}" was asked for an invalid context (${contextProblem(context)})`
    case 'MALFORMED_FLAG':
      return `flag "${key}" is malformed`
    case 'EXCEPTION':
    case 'CLIENT_NOT_READY':
    case 'WRONG_TYPE':
      return `flag "${key}" could not be evaluated (${errorKind})`
    default:
      return errorKind satisfies never
  }
}
