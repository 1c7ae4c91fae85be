import { timeSlices } from '../async/slices.ts'
import { errorText } from '../model/error-text.ts'
import type { SourceResult } from '../model/source-result.ts'
import { handle, type Role } from './handle.ts'
import type { Opening } from './opening.ts'
import type { Parts } from './parts.ts'

/** Handles every result of an opening, then shows it to `observe`, until the opening ends; closes it. */
export async function follow(
  parts: Parts,
  opening: Opening,
  role: Role,
  observe: (result: SourceResult) => void,
): Promise<void> {
  // Bytes of a connection make data look fresh only if that connection has brought some.
  let alive = false
  const take = (result: SourceResult): void => {
    alive = result.type === 'changeSet' || (alive && result.type === 'activity' && !result.directive)
    if (alive && result.type === 'activity' && result.of === 'heartbeat')
      parts.status.heartbeat(opening.source.name)
    handle(parts, opening.source, role, result)
    observe(result)
    if (result.type === 'terminalError') opening.close()
  }
  const pauseOf = timeSlices(parts.clock)
  try {
    for (let next = await opening.results.next(); !next.done; next = await opening.results.next()) {
      // It may have been cut after this result was on its way: two writers must never overlap.
      if (opening.signal.aborted) return
      const preparing = next.value.type === 'changeSet' ? parts.prepare(next.value.changeSet) : undefined
      if (preparing) {
        await preparing
        if (opening.signal.aborted) return
      }
      take(next.value)
      const pause = pauseOf()
      if (pause) await pause
    }
  } catch (error) {
    // Our own sources turn failures into results; one that is handed in may not.
    take({ type: 'terminalError', error: { kind: 'unknown', message: errorText(error) } })
  } finally {
    opening.close()
  }
}
