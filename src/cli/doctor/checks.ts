import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { reasonOf } from '../../model/error-text.ts'

/** The names of the checks with their titles in the text. The names are part of the JSON document and never change. */
export const TITLES = {
  runtime: 'runtime',
  config: 'config',
  proxy: 'proxy',
  dns: 'DNS',
  tcp: 'TCP',
  tunnel: 'tunnel',
  tls: 'TLS',
  http: 'HTTP',
  clock: 'clock',
  key: 'key',
  access: 'access',
  protocol: 'protocol',
  flags: 'flags',
  stream: 'stream',
  events: 'events',
  database: 'database',
  marker: 'marker',
  rows: 'rows',
  resume: 'resume',
} as const

export type CheckId = keyof typeof TITLES

export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped'

/** The result of a check, before it has a name and a duration. */
export interface Finding {
  readonly verdict: Verdict
  /** The result in words, or the reason why the check was skipped. */
  readonly seen: string
  /** The remedy for the reader. A check that is skipped because another one failed has none. */
  readonly remedy?: string
  /** Values for programs. */
  readonly facts?: Readonly<Record<string, unknown>>
}

export interface CheckResult extends Finding {
  readonly id: CheckId
  /** The subject of the check: an endpoint, an environment or a database. Absent for this machine. */
  readonly subject?: string
  /** Rounded, in milliseconds. Absent if nothing was measured. */
  readonly durationMs?: number
}

/** A finding with a value for the checks that follow. */
export interface Outcome<T> extends Finding {
  readonly value?: T
}

export interface CheckupOptions {
  readonly clock: Clock
  /** Time for one check, in milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Called with each result, in order. Checks that are skipped for the same reason come together. */
  readonly onResults: (results: readonly CheckResult[]) => void
}

/** Runs checks one after the other, each with a time limit, and collects their results. */
export class Checkup {
  readonly results: CheckResult[] = []
  readonly clock: Clock
  readonly timeoutMs: number
  readonly #options: CheckupOptions
  #subject: string | undefined
  #secret: string | undefined

  constructor(options: CheckupOptions) {
    this.#options = options
    this.clock = options.clock
    this.timeoutMs = options.timeoutMs
  }

  /** Sets the subject of the following checks. */
  begin(subject: string): void {
    this.#subject = subject
  }

  /** Hides a key in the results of the following checks, because a server can repeat what it received. */
  hide(secret: string): void {
    this.#secret = secret.length < MIN_SECRET ? undefined : secret
  }

  /**
   * Runs a check and returns the value of its outcome; `undefined` if it failed. An error of the check is a failure. Rejects only if the
   * command is stopped.
   */
  async run<T>(id: CheckId, work: (signal: AbortSignal) => Promise<Outcome<T>>): Promise<T | undefined> {
    const { clock, timeoutMs, signal } = this.#options
    const start = clock.monotonic()
    // Connections and requests of Halyard do not keep the process alive.
    const release = clock.hold()
    let outcome: Outcome<T>
    try {
      outcome = await withDeadline(clock, timeoutMs, signal, work)
    } catch (error) {
      outcome = { verdict: 'failed', seen: reasonOf(error), remedy: UNKNOWN_REMEDY }
    } finally {
      release()
    }
    signal.throwIfAborted()
    const { value, ...finding } = outcome
    this.#add([{ ...this.#identity(id), ...finding, durationMs: Math.round(clock.monotonic() - start) }])
    return value
  }

  /** Adds the result of a check that takes no time. */
  add(id: CheckId, finding: Finding): void {
    this.#add([{ ...this.#identity(id), ...finding }])
  }

  /** Adds checks that cannot be made because another one failed. */
  skip(ids: readonly CheckId[], seen: string): void {
    this.#add(ids.map((id) => ({ ...this.#identity(id), verdict: 'skipped', seen })))
  }

  #identity(id: CheckId): Pick<CheckResult, 'id' | 'subject'> {
    return { id, ...(this.#subject !== undefined && { subject: this.#subject }) }
  }

  #add(found: readonly CheckResult[]): void {
    const secret = this.#secret
    const results =
      secret === undefined
        ? found
        : found.map((each) => ({ ...each, seen: each.seen.replaceAll(secret, '(key hidden)') }))
    this.results.push(...results)
    this.#options.onResults(results)
  }
}

/** A shorter text could be part of the words of a result. */
const MIN_SECRET = 8

const UNKNOWN_REMEDY = 'Try again with a longer --timeout; if it fails again, look at the log of the server.'

export function ok(seen: string, facts?: Finding['facts']): Finding {
  return { verdict: 'ok', seen, ...(facts && { facts }) }
}

export function warning(seen: string, remedy: string, facts?: Finding['facts']): Finding {
  return { verdict: 'warning', seen, remedy, ...(facts && { facts }) }
}

export function failed(seen: string, remedy: string, facts?: Finding['facts']): Finding {
  return { verdict: 'failed', seen, remedy, ...(facts && { facts }) }
}
