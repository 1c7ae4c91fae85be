import { startingWith } from '../async/abortable.ts'
import { timeSlices } from '../async/slices.ts'
import { errorText } from '../model/error-text.ts'
import type { Directive, SourceResult } from '../model/source-result.ts'
import { fallbackCondition } from './conditions.ts'
import { type Opening, open, type Source } from './opening.ts'
import type { Parts } from './parts.ts'

/** What came of a candidate: it took over, it did not make it, or it cannot work at all. */
export type ProbeOutcome = 'took over' | 'failed' | 'retired'

/** Memory that moves faster than a candidate can speak must not make it open and open again. */
const ROUNDS = 2

/**
 * Make before break (D5): opens the candidate while the stand-in goes on, holds its results, and hands it over
 * with its first valid one. If memory moved meanwhile that result is worthless, and the candidate is opened
 * afresh, once. A candidate that fails is closed and nothing happens. An order to use FDv1 is handed over like data.
 */
export async function probe(
  parts: Parts,
  candidate: Source,
  standIn: Opening,
  signal: AbortSignal,
  handOver: (opening: Opening) => void,
): Promise<ProbeOutcome> {
  for (let round = 0; round < ROUNDS && !standIn.signal.aborted; round++) {
    const opening = open(candidate, parts.store, signal)
    standIn.signal.addEventListener('abort', opening.close)
    const first = await firstWord(parts, opening)
    standIn.signal.removeEventListener('abort', opening.close)
    const decisive = first?.type === 'changeSet' || first?.directive !== undefined
    if (!first || !decisive || standIn.signal.aborted) {
      opening.close()
      return first?.type === 'terminalError' ? 'retired' : 'failed'
    }
    if (first.type !== 'changeSet' || opening.openedAt === parts.store.revision) {
      handOver({ ...opening, results: startingWith(first, opening.results) })
      return 'took over'
    }
    opening.close()
  }
  return 'failed'
}

/** The first result that settles anything: data, or a failure, with the order to use FDv1 if that was given. */
async function firstWord(parts: Parts, opening: Opening): Promise<SourceResult | undefined> {
  const { logger } = parts
  const { name } = opening.source
  let directive: Directive | undefined
  const condition = fallbackCondition(parts, () => {
    opening.close()
    return 'left'
  })
  const pauseOf = timeSlices(parts.clock)
  try {
    for (let next = await opening.results.next(); !next.done; next = await opening.results.next()) {
      const result = next.value
      condition.observe(result)
      directive = result.directive ?? directive
      if (result.type === 'changeSet') return result
      if (result.type === 'activity' || result.type === 'skipped') {
        const pause = pauseOf()
        if (pause) await pause
        continue
      }
      logger.info(`${name}: not back yet, ${'error' in result ? result.error.message : result.reason}`)
      return result
    }
    logger.info(`${name}: not back yet, nothing came`)
  } catch (error) {
    const thrown = { kind: 'unknown', message: errorText(error) } as const
    logger.warn(`${name}: ${thrown.message}`)
    return { type: 'terminalError', error: thrown, ...(directive && { directive }) }
  } finally {
    condition.disarm()
  }
  const error = { kind: 'network_error', message: 'nothing came' } as const
  return directive && { type: 'interrupted', error, directive }
}
