import { Backoff } from '../async/backoff.ts'
import { sleep } from '../async/sleep.ts'
import { patience } from './conditions.ts'
import { follow } from './follow.ts'
import { open } from './opening.ts'
import type { Parts } from './parts.ts'
import { Rotation } from './rotation.ts'
import { openCurrent, takeTurn } from './turn.ts'

/** The whole story: initialize, then synchronize, until the signal aborts or no source is left. */
export async function run(parts: Parts, signal: AbortSignal): Promise<void> {
  await initialize(parts, signal)
  await synchronize(parts, signal)
  parts.status.report({ type: 'off' })
  if (!signal.aborted) parts.readiness.ended('off')
}

/** Asks the initializers in order, until one brought data that can be resumed from (D6). */
async function initialize(parts: Parts, signal: AbortSignal): Promise<void> {
  const { plan, store, status } = parts
  for (const initializer of plan.initializers) {
    if (signal.aborted || store.selector) return
    const { name, selectorScope } = initializer
    const source = {
      name,
      start: initializer.fetch.bind(initializer),
      ...(selectorScope !== undefined && { selectorScope }),
    }
    const opening = open(source, store, signal)
    const condition = patience(parts, opening.close)
    status.report({ type: 'turn', source: name })
    await follow(parts, opening, 'initializer', (result) => {
      condition.observe(result)
      if (store.selector) opening.close()
    })
    condition.disarm()
  }
}

/** Gives the synchronizers their turns, one at a time, for as long as any is left (D4, D5, D10). */
async function synchronize(parts: Parts, signal: AbortSignal): Promise<void> {
  const { plan, timings, clock, random } = parts
  const backoff = new Backoff({ clock, random, baseMs: timings.initialReconnectDelayMs })
  let fruitless = 0
  let rotation = Rotation.of(plan.synchronizers)
  let opening = rotation && openCurrent(parts, rotation, signal)
  while (rotation && opening && !signal.aborted) {
    const { end, brought } = await takeTurn(parts, rotation, opening, signal)
    fruitless = brought === 'data' ? 0 : fruitless + 1
    if (brought === 'data') backoff.succeeded()
    if (end.type === 'takeover') {
      rotation = rotation.recovered()
      opening = end.opening
      continue
    }
    rotation = rotation.after(end.type)
    // A source that ended by itself, or a whole lap of the rotation that brought nothing, must not spin.
    const mustWait = end.type === 'ended' || (end.type === 'fallback' && fruitless >= (rotation?.size ?? 0))
    if (rotation && mustWait) await sleep(clock, backoff.failed(), signal)
    opening = rotation && openCurrent(parts, rotation, signal)
  }
  opening?.close()
}
