import type { Undo } from '../async/clock.ts'
import { childOf } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type { Directive } from '../model/source-result.ts'
import { directiveCondition, fallbackCondition } from './conditions.ts'
import { follow } from './follow.ts'
import type { Parts } from './parts.ts'
import { initializerSource, SourceRun } from './source.ts'
import { synchronize } from './synchronize.ts'

/**
 * Runs the sources of a data system until the signal aborts or no source is left: first the initializers, then the
 * synchronizers, and the FDv1 fallback while the server orders it.
 */
export async function run(parts: Parts, signal: AbortSignal): Promise<void> {
  const { status, readiness, clock } = parts
  let directive = await initialize(parts, signal)
  do {
    if (directive) await useFdv1(parts, directive, signal)
    directive = await synchronize(parts, 'synchronizers', signal)
  } while (directive && !signal.aborted)
  // A plan of initializers alone stays valid with the data they brought (S1).
  if (status.current.state === 'valid' && !signal.aborted) {
    readiness.ended('off')
    while (!signal.aborted) await sleep(clock, Infinity, signal)
  }
  status.report({ type: 'off' })
  if (!signal.aborted) readiness.ended('off')
}

/** Runs the initializers in order, until memory has a selector or the server orders FDv1 (D6). */
async function initialize(parts: Parts, signal: AbortSignal): Promise<Directive | undefined> {
  for (const initializer of parts.plan.current.initializers) {
    if (signal.aborted || parts.store.selector) return undefined
    const directive = await runInitializer(parts, initializer, signal)
    if (directive) return directive
  }
  return undefined
}

async function runInitializer(
  parts: Parts,
  initializer: Initializer,
  signal: AbortSignal,
): Promise<Directive | undefined> {
  const { store, status, clock, timings } = parts
  const active = new SourceRun(initializerSource(initializer), store, signal)
  const close = (): void => active.close()
  const conditions = [fallbackCondition(parts, close), directiveCondition(parts, close)]
  let directive: Directive | undefined
  let stopTimer: Undo | undefined
  status.report({ type: 'turn', source: initializer.name })
  await follow(parts, active, (result) => {
    directive = result.directive ?? directive
    for (const condition of conditions) condition.observe(result)
    if (store.selector) close()
    // After its data, an initializer that neither continues nor ends must not delay the start.
    else if (result.type === 'changeSet') stopTimer ??= clock.after(timings.noProgressMs, close)
  })
  stopTimer?.()
  for (const condition of conditions) condition.stop()
  return directive
}

const LONGEST_DIRECTIVE_S = 3_600

/** Runs the FDv1 fallback for the time of the directive. No FDv2 source sends a request in this time (D8). */
async function useFdv1(parts: Parts, { ttlSeconds = 0 }: Directive, signal: AbortSignal): Promise<void> {
  const { plan, status, clock, random, logger } = parts
  const isValidTtl = ttlSeconds > 0 && ttlSeconds <= LONGEST_DIRECTIVE_S
  const ttlMs = 1_000 * (isValidTtl ? ttlSeconds : LONGEST_DIRECTIVE_S * (1 - random() / 2))
  logger.warn(`the server orders FDv1 for ${Math.round(ttlMs / 1_000)} s`)
  if (plan.current.fdv1.length === 0) {
    const message = 'the server orders FDv1, and no FDv1 source is configured'
    const error = { kind: 'error_response', message } as const
    status.report({ type: 'interruption', source: 'fdv1', error, retryInMs: ttlMs })
    return sleep(clock, ttlMs, signal)
  }
  const { signal: expiry, end: expire } = childOf(signal)
  const stopTimer = clock.after(ttlMs, () => expire())
  await synchronize(parts, 'fdv1', expiry)
  stopTimer()
  expire()
}
