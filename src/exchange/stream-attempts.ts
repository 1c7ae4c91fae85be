import type { Clock } from '../async/clock.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Connect } from './stream.ts'

/** One attempt to open a stream, until its first valid answer or its end. */
export interface StreamAttempt {
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number
  readonly durationMs: number
  readonly failed: boolean
}

/** Returns a function that opens a stream as `connect` does, and reports each attempt once. An aborted one is not reported. */
export function withAttempts(
  connect: Connect,
  clock: Clock,
  report: (attempt: StreamAttempt) => void,
): Connect {
  return async function* (basis, signal, held) {
    const startedAt = clock.now()
    const start = clock.monotonic()
    let isReported = false
    for await (const result of connect(basis, signal, held)) {
      const outcome = isReported ? 'unknown' : outcomeOf(result)
      if (outcome !== 'unknown') {
        isReported = true
        const durationMs = Math.round(clock.monotonic() - start)
        report({ startedAt, durationMs, failed: outcome === 'failed' })
      }
      yield result
    }
  }
}

function outcomeOf({ type }: SourceResult): 'opened' | 'failed' | 'unknown' {
  switch (type) {
    case 'changeSet':
      return 'opened'
    case 'interrupted':
    case 'goodbye':
    case 'terminalError':
      return 'failed'
    case 'activity':
    case 'skipped':
    case 'aborted':
      return 'unknown'
    default:
      return type satisfies never
  }
}
