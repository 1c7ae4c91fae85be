import { timeSlices } from '../async/slices.ts'
import { errorText } from '../model/error-text.ts'
import type { Directive, SourceResult } from '../model/source-result.ts'
import { type Condition, directiveCondition, fallbackCondition, recoveryCondition } from './conditions.ts'
import { follow } from './follow.ts'
import type { Parts } from './parts.ts'
import { type Source, SourceRun } from './source.ts'
import type { SourceRotation } from './source-rotation.ts'

/** The reason for the end of a turn. */
export type TurnEnd =
  /** The source had no data for too long, and another source is available. */
  | { readonly type: 'fallback' }
  /** The source failed permanently. */
  | { readonly type: 'retired' }
  /** The source ended by itself, or the data system was closed. */
  | { readonly type: 'ended' }
  /** The server ordered FDv1. */
  | { readonly type: 'directed'; readonly directive: Directive }
  /** The preferred source takes over. It is already running. */
  | { readonly type: 'takeover'; readonly next: SourceRun }

interface TurnContext {
  readonly parts: Parts
  readonly rotation: SourceRotation<Source>
  readonly signal: AbortSignal
  readonly onData: () => void
}

/** The number of starts of a candidate in one recovery attempt: it is started again if memory changed while it had no data yet (D5.3). */
const CANDIDATE_STARTS = 2

/** The time for which one synchronizer is active. `docs/spec/sources.md` has the table of events that end a turn. */
export class Turn {
  readonly #context: TurnContext
  /** The active source: the only writer of memory. Closing it ends the turn. */
  readonly #active: SourceRun
  readonly #conditions: readonly Condition[]
  /** The preferred source, while it runs beside the active one. Its results are held back. */
  #candidate: SourceRun | undefined
  /** The server's order to use FDv1. It takes precedence over `#end`. */
  #directive: Directive | undefined
  #end: TurnEnd = { type: 'ended' }

  constructor(context: TurnContext, active: SourceRun) {
    const { parts } = context
    this.#context = context
    this.#active = active
    this.#conditions = [
      fallbackCondition(parts, () => this.#fallBack()),
      recoveryCondition(parts, () => this.#recover()),
      directiveCondition(parts, () => active.close()),
    ]
    active.signal.addEventListener('abort', () => this.#candidate?.close(), { once: true })
  }

  async take(): Promise<TurnEnd> {
    const { parts } = this.#context
    parts.status.report({ type: 'turn', source: this.#active.source.name })
    await follow(parts, this.#active, (result) => this.#observe(result))
    this.#stopConditions()
    if (!this.#directive) return this.#end
    if (this.#end.type === 'takeover') this.#end.next.close()
    return { type: 'directed', directive: this.#directive }
  }

  #observe(result: SourceResult): void {
    if (result.type === 'changeSet') this.#context.onData()
    if (result.type === 'terminalError') this.#end = { type: 'retired' }
    this.#directive = result.directive ?? this.#directive
    for (const condition of this.#conditions) condition.observe(result)
  }

  #fallBack(): void {
    const { source } = this.#active
    if (!this.#directive && this.#context.rotation.next(source) === source) return
    this.#close({ type: 'fallback' })
  }

  /** Starts the preferred source beside the active one. It takes over if it has data or a directive (D5). */
  async #recover(): Promise<void> {
    const { parts, rotation, signal } = this.#context
    const preferred = rotation.preferredTo(this.#active.source)
    if (!preferred) return
    for (let start = 0; start < CANDIDATE_STARTS && !this.#active.isClosed; start++) {
      const candidate = new SourceRun(preferred, parts.store, signal)
      this.#candidate = candidate
      const outcome = await outcomeOf(parts, candidate)
      this.#candidate = undefined
      const isUsable = outcome === 'directive' || (outcome === 'data' && !candidate.isStale)
      if (isUsable && !this.#active.isClosed) return this.#close({ type: 'takeover', next: candidate })
      candidate.close()
      if (outcome === 'retired') rotation.retire(preferred)
      if (outcome !== 'data') return
    }
  }

  #close(end: TurnEnd): void {
    this.#end = end
    this.#active.close()
    this.#stopConditions()
  }

  #stopConditions(): void {
    for (const condition of this.#conditions) condition.stop()
  }
}

/** The first thing that a candidate has: data, a directive, or a failure that is temporary or permanent. */
type CandidateOutcome = 'data' | 'directive' | 'failed' | 'retired'

/**
 * Waits for the outcome of a candidate, within the limits of D4. Applies nothing: data and a directive are put back, so
 * that they are the first result of the turn that follows.
 */
async function outcomeOf(parts: Parts, candidate: SourceRun): Promise<CandidateOutcome> {
  const { logger, clock } = parts
  const { name } = candidate.source
  const condition = fallbackCondition(parts, () => candidate.close())
  const pauseIfDue = timeSlices(clock)
  let directive: Directive | undefined
  const failed = (failure: SourceResult): CandidateOutcome => {
    if (!directive) return failure.type === 'terminalError' ? 'retired' : 'failed'
    candidate.unread({ ...failure, directive })
    return 'directive'
  }
  try {
    for (let next = await candidate.next(); !next.done; next = await candidate.next()) {
      const result = next.value
      condition.observe(result)
      directive = result.directive ?? directive
      if (result.type === 'changeSet') {
        candidate.unread(result)
        return 'data'
      }
      if (result.type !== 'activity' && result.type !== 'skipped') {
        const reason = 'error' in result ? result.error.message : result.reason
        logger.info(`${name}: recovery attempt failed: ${reason}`)
        return failed(result)
      }
      const pause = pauseIfDue()
      if (pause) await pause
    }
    logger.info(`${name}: recovery attempt failed: no data received`)
    return failed({ type: 'interrupted', error: { kind: 'network_error', message: 'no data received' } })
  } catch (error) {
    const message = errorText(error)
    logger.warn(`${name}: recovery attempt failed: ${message}`)
    return failed({ type: 'terminalError', error: { kind: 'unknown', message } })
  } finally {
    condition.stop()
  }
}
