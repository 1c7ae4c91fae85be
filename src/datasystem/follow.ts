import { timeSlices } from '../async/slices.ts'
import { errorText } from '../model/error-text.ts'
import type { SourceResult } from '../model/source-result.ts'
import { handle } from './handle.ts'
import type { Parts } from './parts.ts'
import type { SourceRun } from './source.ts'

/**
 * Applies every result of a run and then passes it to `observe`, until the source ends or the run is closed. An exception
 * of the source becomes a terminal error. Closes the run.
 */
export async function follow(
  parts: Parts,
  run: SourceRun,
  observe: (result: SourceResult) => void,
): Promise<void> {
  const { status, clock, prepare } = parts
  // A heartbeat confirms the data only if its connection has brought data.
  let isConfirming = false
  const take = (result: SourceResult): void => {
    isConfirming =
      result.type === 'changeSet' || (isConfirming && result.type === 'activity' && !result.directive)
    if (isConfirming && result.type === 'activity' && result.of === 'heartbeat') {
      status.heartbeat(run.source.name)
    }
    handle(parts, run.source, result)
    observe(result)
    if (result.type === 'terminalError') run.close()
  }
  const pauseIfDue = timeSlices(clock)
  try {
    for (let next = await run.next(); !next.done; next = await run.next()) {
      // The run may have been closed after this result was sent. Memory must never have two writers.
      if (run.isClosed) return
      const preparing = next.value.type === 'changeSet' ? prepare(next.value.changeSet) : undefined
      if (preparing) {
        await preparing
        if (run.isClosed) return
      }
      take(next.value)
      const pause = pauseIfDue()
      if (pause) await pause
    }
  } catch (error) {
    take({ type: 'terminalError', error: { kind: 'unknown', message: errorText(error) } })
  } finally {
    run.close()
  }
}
