import { Backoff } from '../async/backoff.ts'
import { sleep } from '../async/sleep.ts'
import type { Directive } from '../model/source-result.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { Parts } from './parts.ts'
import { SourceRotation } from './source-rotation.ts'
import { beginTurn, type Turn, takeTurn } from './turn.ts'

/**
 * Gives the synchronizers their turns, one at a time (D4, D5, D9, D10). Ends when the signal aborts or the server orders
 * FDv1; at once when there are none.
 */
export async function synchronize(
  parts: Parts,
  synchronizers: readonly Synchronizer[],
  signal: AbortSignal,
): Promise<Directive | undefined> {
  const { timings, clock, random, readiness } = parts
  const roster = new SourceRotation(synchronizers, parts)
  const backoff = new Backoff({ clock, random, baseMs: timings.initialReconnectDelayMs })
  readiness.resumed()
  let fruitless = 0
  let current = roster.next()
  let opened: Turn | undefined
  while (synchronizers.length > 0 && !signal.aborted) {
    if (!current) {
      await rest(parts, roster, signal)
      current = roster.next()
      continue
    }
    const synchronizer: Synchronizer = current
    const turn: Turn = opened ?? beginTurn(parts, synchronizer, signal)
    opened = undefined
    fruitless++
    const end = await takeTurn(parts, turn, roster, signal, () => {
      fruitless = 0
      roster.redeem(synchronizer)
      backoff.succeeded()
    })
    switch (end.type) {
      case 'directed':
        return end.directive
      case 'takeover':
        opened = end.next
        current = end.next.synchronizer
        break
      case 'retired':
        roster.retire(current)
        current = roster.next(current)
        break
      case 'fallback':
      case 'ended':
        current = roster.next(current)
        // A source that ended by itself, or a whole lap that brought nothing, must not spin.
        if (end.type === 'ended' || fruitless >= roster.available.length) {
          await sleep(clock, backoff.failed(), signal)
        }
        break
      default:
        end satisfies never
    }
  }
  opened?.opening.close()
  return undefined
}

/** Every source is retired: nothing is tried until the first may return; what is held is served. */
async function rest(
  { status, readiness, clock }: Parts,
  roster: SourceRotation<Synchronizer>,
  signal: AbortSignal,
): Promise<void> {
  const { returnsInMs } = roster
  status.report({ type: 'off', retryInMs: returnsInMs })
  readiness.ended('off')
  await sleep(clock, returnsInMs, signal)
  readiness.resumed()
}
