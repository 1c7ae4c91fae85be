import type { Undo } from '../async/clock.ts'
import { childOf } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import type { Directive } from '../model/source-result.ts'
import { directiveCondition, fallbackCondition } from './conditions.ts'
import { follow } from './follow.ts'
import { identityOf, open } from './opening.ts'
import type { Parts } from './parts.ts'
import { synchronize } from './synchronize.ts'

/** The whole story: initialize, then synchronize, in FDv1 while the server wants it so. */
export async function run(parts: Parts, signal: AbortSignal): Promise<void> {
  const { plan, status, readiness, clock } = parts
  let directive = await initialize(parts, signal)
  do {
    if (directive) await obey(parts, directive, signal)
    directive = await synchronize(parts, plan.synchronizers, signal)
  } while (directive && !signal.aborted)
  // Initializers alone were asked for: what they brought stays good, and nothing more will come.
  if (status.current.state === 'valid' && !signal.aborted) {
    readiness.ended('off')
    while (!signal.aborted) await sleep(clock, Infinity, signal)
  }
  status.report({ type: 'off' })
  if (!signal.aborted) readiness.ended('off')
}

/** Asks the initializers in order, until one brought data that can be resumed from, or the server orders FDv1 (D6). */
async function initialize(parts: Parts, signal: AbortSignal): Promise<Directive | undefined> {
  const { plan, store, status, clock, timings } = parts
  let ordered: Directive | undefined
  for (const initializer of plan.initializers) {
    if (signal.aborted || store.selector || ordered) break
    const start = initializer.fetch.bind(initializer)
    const opening = open({ ...identityOf(initializer), start }, store, signal)
    const conditions = [
      fallbackCondition(parts, () => {
        opening.close()
        return 'left'
      }),
      directiveCondition(parts, opening.close),
    ]
    let disarm: Undo | undefined
    status.report({ type: 'turn', source: initializer.name })
    await follow(parts, opening, 'initializer', (result) => {
      ordered = result.directive ?? ordered
      for (const condition of conditions) condition.observe(result)
      if (store.selector) opening.close()
      // It has said what it had; whoever stays silent then must not hold up the start.
      else if (result.type === 'changeSet') disarm ??= clock.after(timings.noProgressMs, opening.close)
    })
    disarm?.()
    for (const condition of conditions) condition.disarm()
  }
  return ordered
}

const LONGEST_DIRECTIVE_S = 3_600

/** Keeps to FDv1, and away from every FDv2 source, for as long as the server wants (D8). */
async function obey(parts: Parts, { ttlSeconds = 0 }: Directive, signal: AbortSignal): Promise<void> {
  const { plan, status, clock, random, logger } = parts
  const believable = ttlSeconds > 0 && ttlSeconds <= LONGEST_DIRECTIVE_S
  const ttlMs = 1_000 * (believable ? ttlSeconds : LONGEST_DIRECTIVE_S * (1 - random() / 2))
  logger.warn(`the server orders FDv1 for ${Math.round(ttlMs / 1_000)} s`)
  if (plan.fdv1.length === 0) {
    const error = {
      kind: 'error_response',
      message: 'the server orders FDv1, and no FDv1 source is configured',
    } as const
    status.report({ type: 'interruption', source: 'fdv1', error, retryInMs: ttlMs })
    return sleep(clock, ttlMs, signal)
  }
  const term = childOf(signal)
  const disarm = clock.after(ttlMs, () => term.end())
  await synchronize(parts, plan.fdv1, term.signal)
  disarm()
  term.end()
}
