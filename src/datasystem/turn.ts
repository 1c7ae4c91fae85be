import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import { NO_CONDITION, patience, recovery } from './conditions.ts'
import { follow } from './follow.ts'
import { type Opening, open, type Source } from './opening.ts'
import type { Parts } from './parts.ts'
import { probe } from './probe.ts'
import type { Rotation, TurnOutcome } from './rotation.ts'

/** How a turn ended: the next source has its turn, or the preferred one takes over, already open. */
export type TurnEnd =
  | { readonly type: TurnOutcome; readonly brought: 'data' | 'nothing' }
  | { readonly type: 'takeover'; readonly opening: Opening }

export function openCurrent(parts: Parts, rotation: Rotation<Synchronizer>, signal: AbortSignal): Opening {
  return open(asSource(rotation.current), parts.store, signal)
}

/** One source's time as the active one: everything it says takes effect until a condition cuts it. */
export async function takeTurn(
  parts: Parts,
  rotation: Rotation<Synchronizer>,
  opening: Opening,
  signal: AbortSignal,
): Promise<TurnEnd> {
  let brought: 'data' | 'nothing' = 'nothing'
  let outcome: TurnOutcome = 'ended'
  let successor: Opening | undefined
  const cut = (why: TurnOutcome): void => {
    outcome = why
    opening.close()
  }
  const handOver = (next: Opening): void => {
    successor = next
    opening.close()
  }
  const fallback = rotation.size > 1 ? patience(parts, () => cut('fallback')) : NO_CONDITION
  const returning = rotation.isPreferred
    ? NO_CONDITION
    : recovery(parts, () => probe(parts, asSource(rotation.preferred), opening, signal, handOver))

  parts.status.report({ type: 'turn', source: opening.source.name })
  await follow(parts, opening, 'synchronizer', (result) => {
    fallback.observe(result)
    returning.observe(result)
    if (result.type === 'changeSet') brought = 'data'
    if (result.type === 'terminalError') cut('retired')
  })
  fallback.disarm()
  returning.disarm()
  return successor ? { type: 'takeover', opening: successor } : { type: outcome, brought }
}

function asSource(synchronizer: Synchronizer): Source {
  const { name, selectorScope } = synchronizer
  const start: Source['start'] = (basis, signal) => synchronizer.sync(basis, signal)
  return { name, start, ...(selectorScope !== undefined && { selectorScope }) }
}
