import { Backoff } from '../async/backoff.ts'
import { childOf, onAbort } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import type { Directive } from '../model/source-result.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { Parts } from './parts.ts'
import { type Source, SourceRun, synchronizerSource } from './source.ts'
import { SourceRotation } from './source-rotation.ts'
import { Turn, type TurnEnd } from './turn.ts'

/**
 * Gives these synchronizers of the plan their turns, and starts again with those of the new plan if the plan is replaced. Returns
 * the directive if the server orders FDv1; `undefined` if the signal aborts or if there are no synchronizers.
 */
export async function synchronize(
  parts: Parts,
  list: 'synchronizers' | 'fdv1',
  signal: AbortSignal,
): Promise<Directive | undefined> {
  for (;;) {
    const { current, replaced } = parts.plan
    const { signal: untilReplaced, end } = childOf(signal)
    const undo = onAbort(replaced, end)
    const directive = await giveTurns(parts, current[list], untilReplaced)
    undo()
    end()
    if (directive || signal.aborted || !replaced.aborted) return directive
  }
}

/** Gives the synchronizers their turns, one after another (D4, D5, D9, D10). Returns as {@link synchronize}. */
async function giveTurns(
  parts: Parts,
  synchronizers: readonly Synchronizer[],
  signal: AbortSignal,
): Promise<Directive | undefined> {
  const { timings, clock, random, readiness, store } = parts
  const rotation = new SourceRotation(synchronizers.map(synchronizerSource), parts)
  const backoff = new Backoff({ clock, random, baseMs: timings.initialReconnectDelayMs })
  readiness.resumed()
  let turnsWithoutData = 0
  let source = rotation.next()
  let running: SourceRun | undefined
  while (synchronizers.length > 0 && !signal.aborted) {
    if (!source) {
      await waitForSource(parts, rotation, signal)
      source = rotation.next()
      continue
    }
    const active: Source = source
    const onData = (): void => {
      turnsWithoutData = 0
      rotation.succeeded(active)
      backoff.succeeded()
    }
    turnsWithoutData++
    const turn = new Turn(
      { parts, rotation, signal, onData },
      running ?? new SourceRun(active, store, signal),
    )
    running = undefined
    const end: TurnEnd = await turn.take()
    switch (end.type) {
      case 'directed':
        return end.directive
      case 'takeover':
        running = end.next
        source = running.source
        break
      case 'retired':
        rotation.retire(active)
        source = rotation.next(active)
        break
      case 'fallback':
      case 'ended':
        source = rotation.next(active)
        // Backoff, so that sources that end by themselves or bring no data are not started in a tight loop.
        if (end.type === 'ended' || turnsWithoutData >= rotation.available.length) {
          await sleep(clock, backoff.failed(), signal)
        }
        break
      default:
        end satisfies never
    }
  }
  running?.close()
  return undefined
}

/** Waits until the first retired source may have a turn. The status is `off`; the data is still served. */
async function waitForSource(
  { status, readiness, clock }: Parts,
  { availableInMs }: SourceRotation<Source>,
  signal: AbortSignal,
): Promise<void> {
  status.report({ type: 'off', retryInMs: availableInMs })
  readiness.ended('off')
  await sleep(clock, availableInMs, signal)
  readiness.resumed()
}
