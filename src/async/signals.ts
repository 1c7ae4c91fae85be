import type { Clock, Undo } from './clock.ts'
import { Listeners, rethrow } from './listeners.ts'

export interface Child {
  readonly signal: AbortSignal
  /** Aborts the signal and removes its listener from the parent. Safe to call twice. */
  readonly end: (reason?: unknown) => void
  /** Removes the listener from the parent without aborting the signal, which costs less than {@link end}. */
  readonly release: () => void
}

/** Shared, because the platform would create an error with a stack trace for each signal that aborts without a reason. */
const ENDED = new DOMException('it has ended', 'AbortError')

/**
 * Returns a signal that aborts with its parent, or when `end` is called. `AbortSignal.any` keeps a record of each signal on
 * a long-lived parent; this child removes its listener when it ends.
 */
export function childOf(parent: AbortSignal): Child {
  const controller = new AbortController()
  const release = (): void => parent.removeEventListener('abort', follow)
  const end = (reason: unknown = ENDED): void => {
    release()
    controller.abort(reason)
  }
  const follow = (): void => end(parent.reason)
  if (parent.aborted) controller.abort(parent.reason)
  else parent.addEventListener('abort', follow)
  return { signal: controller.signal, end, release }
}

/**
 * Runs work with a signal that aborts after `ms` milliseconds, or with its parent. The work must reject when its signal
 * aborts.
 */
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

const waiting = new WeakMap<AbortSignal, Listeners<void>>()

/**
 * Calls back once when the signal aborts, unless undone. Does not call back for a signal that has already aborted. Use it
 * where thousands of listeners wait for one signal: the platform searches its list of listeners linearly at each removal.
 */
export function onAbort(signal: AbortSignal, call: () => void): Undo {
  let listeners = waiting.get(signal)
  if (!listeners) {
    const added = new Listeners<void>(rethrow)
    signal.addEventListener('abort', () => added.emit(), { once: true })
    waiting.set(signal, added)
    listeners = added
  }
  return listeners.add(call)
}

/**
 * Settles as the promise does, or rejects with the signal's reason if the signal aborts first, even if the operation ignores
 * the signal. A later rejection of the promise is ignored. Leaves no listener on the signal.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', cut)
    if (signal.aborted) cut()
    promise.then(
      (value) => {
        signal.removeEventListener('abort', cut)
        resolve(value)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', cut)
        reject(error)
      },
    )
  })
}
