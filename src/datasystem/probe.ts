import { startingWith } from '../async/starting-with.ts'
import type { ChangeSetResult } from '../model/source-result.ts'
import { sameSelector } from '../selector/selector.ts'
import { patience } from './conditions.ts'
import { type Opening, open, type Source } from './opening.ts'
import type { Parts } from './parts.ts'

/**
 * Make before break (D5): opens the candidate while the stand-in goes on, holds its results, and hands it over
 * with its first valid one. If memory moved meanwhile that result is worthless, and the candidate is opened
 * afresh. A candidate that fails is closed and nothing happens.
 */
export async function probe(
  parts: Parts,
  candidate: Source,
  standIn: Opening,
  signal: AbortSignal,
  handOver: (opening: Opening) => void,
): Promise<void> {
  while (!standIn.signal.aborted) {
    const opening = open(candidate, parts.store, signal)
    standIn.signal.addEventListener('abort', opening.close)
    const first = await firstValid(parts, opening)
    standIn.signal.removeEventListener('abort', opening.close)
    if (!first || standIn.signal.aborted) return opening.close()
    if (sameSelector(opening.openedAt, parts.store.selector)) {
      return handOver({ ...opening, results: startingWith(first, opening.results) })
    }
    opening.close()
  }
}

async function firstValid(parts: Parts, opening: Opening): Promise<ChangeSetResult | undefined> {
  const { logger } = parts
  const { name } = opening.source
  const condition = patience(parts, opening.close)
  try {
    for (let next = await opening.results.next(); !next.done; next = await opening.results.next()) {
      const result = next.value
      condition.observe(result)
      if (result.type === 'changeSet') return result
      if (result.type === 'activity' || result.type === 'skipped') continue
      const reason = 'error' in result ? result.error.message : result.reason
      logger.info(`${name}: not back yet, ${reason}`)
      return undefined
    }
    logger.info(`${name}: not back yet, nothing came`)
  } catch (error) {
    logger.warn(`${name}: ${String(error)}`)
  } finally {
    condition.disarm()
  }
  return undefined
}
