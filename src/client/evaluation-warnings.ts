import { type Context, contextProblem } from '../evaluation/context.ts'
import { type ErrorKind, type Evaluation, NO_PATTERN_ENGINE } from '../evaluation/detail.ts'
import type { Refusal } from '../evaluation/pattern.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { nearMiss } from '../model/near-miss.ts'
import { WarnOnce } from '../model/warn-once.ts'

/** The longest pattern or reason in a warning, in characters: their length depends on the data. */
const MAX_LENGTH = 120

type Topic =
  | ErrorKind
  | 'NOT_IN_MEMORY'
  | 'UNCONFIRMED'
  | 'UNREADABLE'
  | 'PATTERN_REFUSED'
  | 'STATE_OPTION'
  | 'MEMBERSHIP'

/** Logs problems of evaluations, each once, and those of a flag once for each flag. */
export class EvaluationWarnings {
  readonly #logger: Logger
  readonly #warned = new Map<Topic, WarnOnce>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  notReady(): void {
    this.#once('CLIENT_NOT_READY', '', () => 'evaluated before there was data: fallback values are returned')
  }

  /** Warns that a synchronous method was called although the data is in a database. */
  notInMemory(): void {
    this.#once(
      'NOT_IN_MEMORY',
      '',
      () =>
        'client.sync returns fallback values, because the data is in a database that is read lazily: ' +
        "use the methods that return promises, or open the store with reads: 'snapshot'",
    )
  }

  /** Warns that a synchronous method reached a big segment whose membership is not cached. */
  membershipNotCached(): void {
    this.#once(
      'MEMBERSHIP',
      '',
      () =>
        'client.sync evaluated a big segment without its members, because they are in a database that it cannot wait for: ' +
        'the rules of the segment decide, and the reason has STORE_ERROR. Use the methods that return promises',
    )
  }

  /**
   * Warns that no source has confirmed the data yet.
   *
   * @param ageOf - returns the milliseconds since the data was saved, if known.
   */
  unconfirmed(ageOf: () => number | undefined): void {
    this.#once('UNCONFIRMED', '', () => {
      const ageMs = ageOf()
      const age = ageMs === undefined ? 'of unknown age' : `saved ${Math.round(ageMs / 1_000)} s ago`
      return `evaluating data ${age}: no source has confirmed it yet`
    })
  }

  /** Warns that the database with the data could not be read. The store logs the reason. */
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

  /** Warns if the evaluation of a flag ended in an error or met a pattern that never matches. */
  check(key: string, context: Context, evaluation: Evaluation): void {
    const { reason, refusal } = evaluation
    if (refusal !== undefined) this.#refused(key, refusal)
    // A missing pattern engine is logged when it fails to load.
    if (reason.kind === 'ERROR' && evaluation !== NO_PATTERN_ENGINE)
      this.#failed(reason.errorKind, key, context)
  }

  #failed(errorKind: ErrorKind, key: string, context: Context): void {
    this.#once(
      errorKind,
      key,
      (keyText) => `${describe(errorKind, keyText, context)}: the fallback value is returned`,
    )
  }

  /** Warns about each name in the options of `allFlagsState` that is not in `known`. */
  stateOptions(options: object, known: readonly string[]): void {
    for (const name of Object.keys(options ?? {})) {
      if (known.includes(name)) continue
      const near = nearMiss(name, known)
      const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`
      this.#once(
        'STATE_OPTION',
        name,
        () => `allFlagsState: ${shortened(name)} is not an option; ignored (${hint})`,
      )
    }
  }

  #refused(key: string, { pattern, reason }: Refusal): void {
    this.#once('PATTERN_REFUSED', key, (keyText) => {
      const which = JSON.stringify(shortened(pattern))
      return `flag "${keyText}" depends on the pattern ${which}, which is refused and never matches: ${shortened(reason)}`
    })
  }

  #once(topic: Topic, key: string, message: (keyText: string) => string): void {
    const warned = this.#warned.get(topic) ?? new WarnOnce()
    this.#warned.set(topic, warned)
    // A program without types may pass any value as a key, and string interpolation of it may throw.
    if (warned.isFirst(key)) this.#logger.warn(message(errorText(key)))
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
      return `flag "${key}" was evaluated for an invalid context (${contextProblem(context)})`
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
