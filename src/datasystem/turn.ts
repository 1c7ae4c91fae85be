import type { Directive } from '../model/source-result.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import { directiveCondition, fallbackCondition, type Leaving, recoveryCondition } from './conditions.ts'
import { follow } from './follow.ts'
import { identityOf, type Opening, open, type Source } from './opening.ts'
import type { Parts } from './parts.ts'
import { probe } from './probe.ts'
import type { SourceRotation } from './source-rotation.ts'

/** One source's time as the active one. */
export interface Turn {
  readonly synchronizer: Synchronizer
  readonly opening: Opening
}

/** How a turn ended. */
export type TurnEnd =
  /** It was left for the next source. */
  | { readonly type: 'fallback' }
  /** It cannot work. */
  | { readonly type: 'retired' }
  /** It had no more to say. */
  | { readonly type: 'ended' }
  /** The server ordered FDv1. */
  | { readonly type: 'directed'; readonly directive: Directive }
  /** A preferred source is back, already open. */
  | { readonly type: 'takeover'; readonly next: Turn }

export function beginTurn(parts: Parts, synchronizer: Synchronizer, signal: AbortSignal): Turn {
  return { synchronizer, opening: open(asSource(synchronizer), parts.store, signal) }
}

/** Everything the source says takes effect until a condition cuts it. */
export async function takeTurn(
  parts: Parts,
  { synchronizer, opening }: Turn,
  roster: SourceRotation<Synchronizer>,
  signal: AbortSignal,
  onData: () => void,
): Promise<TurnEnd> {
  let ordered: Directive | undefined
  let end = { type: 'ended' } as TurnEnd
  const cut = (why: TurnEnd): void => {
    end = why
    opening.close()
  }
  const leave = (): Leaving => {
    if (!ordered && roster.next(synchronizer) === synchronizer) return 'stayed'
    cut({ type: 'fallback' })
    return 'left'
  }
  const comeBack = async (): Promise<void> => {
    const preferred = roster.preferredTo(synchronizer)
    if (!preferred) return
    const outcome = await probe(parts, asSource(preferred), opening, signal, (next) =>
      cut({ type: 'takeover', next: { synchronizer: preferred, opening: next } }),
    )
    if (outcome === 'retired') roster.retire(preferred)
  }
  const conditions = [
    fallbackCondition(parts, leave),
    recoveryCondition(parts, comeBack),
    directiveCondition(parts, opening.close),
  ]

  parts.status.report({ type: 'turn', source: synchronizer.name })
  await follow(parts, opening, 'synchronizer', (result) => {
    if (result.type === 'changeSet') onData()
    if (result.type === 'terminalError') end = { type: 'retired' }
    ordered = result.directive ?? ordered
    for (const condition of conditions) condition.observe(result)
  })
  for (const condition of conditions) condition.disarm()
  if (!ordered) return end
  // An order counts for more than whatever else ended the turn; nobody takes over under it.
  if (end.type === 'takeover') end.next.opening.close()
  return { type: 'directed', directive: ordered }
}

function asSource(synchronizer: Synchronizer): Source {
  const start: Source['start'] = (basis, signal, held) => synchronizer.sync(basis, signal, held)
  return { ...identityOf(synchronizer), start }
}
