import { childOf } from './child-signal.ts'
import type { Clock } from './clock.ts'

/** Does something that must be done in time: after `ms` its signal aborts, as it does with its parent. */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, end } = childOf(parent)
  const disarm = clock.after(ms, () => end(new Error(`no answer in ${Math.round(ms / 1_000)} s`)))
  try {
    return await work(signal)
  } finally {
    disarm()
    end()
  }
}
