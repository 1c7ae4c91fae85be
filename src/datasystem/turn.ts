import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import { NO_CONDITION, patience, recovery } from './conditions.ts'
import { follow } from './follow.ts'
import { type Opening, open, type Source } from './opening.ts'
import type { Parts } from './parts.ts'
import { probe } from './probe.ts'
import type { Rotation, TurnOutcome } from './rotation.ts'

/** How a turn ended: the next source has its turn, or the preferred one takes over, already open. */
export type TurnEnd =
  | { readonly type: TurnOutcome }
  | { readonly type: 'takeover'; readonly opening: Opening }

export interface TurnReport {
  readonly end: TurnEnd
  readonly brought: 'data' | 'nothing'
}

export function openCurrent(parts: Parts, rotation: Rotation<Synchronizer>, signal: AbortSignal): Opening {
  return open(asSource(rotation.current), parts.store, signal)
}

/** One source's time as the active one: everything it says takes effect until a condition cuts it. */
export async function takeTurn(
  parts: Parts,
  rotation: Rotation<Synchronizer>,
  opening: Opening,
  signal: AbortSignal,
): Promise<TurnReport> {
  let brought: TurnReport['brought'] = 'nothing'
  let end: TurnEnd = { type: 'ended' }
  const cut = (why: TurnEnd): void => {
    end = why
    opening.close()
  }
  const returnTo = asSource(rotation.preferred)
  const fallback = rotation.size > 1 ? patience(parts, () => cut({ type: 'fallback' })) : NO_CONDITION
  const comeback = rotation.isPreferred
    ? NO_CONDITION
    : recovery(parts, () =>
        probe(parts, returnTo, opening, signal, (next) => cut({ type: 'takeover', opening: next })),
      )

  parts.status.report({ type: 'turn', source: opening.source.name })
  await follow(parts, opening, 'synchronizer', (result) => {
    fallback.observe(result)
    comeback.observe(result)
    if (result.type === 'changeSet') brought = 'data'
    if (result.type === 'terminalError') end = { type: 'retired' }
  })
  fallback.disarm()
  comeback.disarm()
  return { end, brought }
}

function asSource(synchronizer: Synchronizer): Source {
  const { name, selectorScope } = synchronizer
  const start: Source['start'] = (basis, signal) => synchronizer.sync(basis, signal)
  return { name, start, ...(selectorScope !== undefined && { selectorScope }) }
}
