import type { Clock, Undo } from './clock.ts'
import { Listeners, rethrow } from './listeners.ts'

export interface Child {
  readonly signal: AbortSignal
  /** Aborts the child, unlinks it from its parent. Safe to call twice. */
  readonly end: (reason?: unknown) => void
}

/** Made once: the platform would make an error, with its stack, for each signal that ends without a reason. */
const ENDED = new DOMException('it has ended', 'AbortError')

/**
 * A signal that aborts with its parent or by itself. `AbortSignal.any` would keep a record on a long-lived
 * parent for every child there ever was; this one unlinks itself when it ends.
 */
export function childOf(parent: AbortSignal): Child {
  const controller = new AbortController()
  const end = (reason: unknown = ENDED): void => {
    parent.removeEventListener('abort', follow)
    controller.abort(reason)
  }
  const follow = (): void => end(parent.reason)
  if (parent.aborted) controller.abort(parent.reason)
  else parent.addEventListener('abort', follow)
  return { signal: controller.signal, end }
}

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

const waiting = new WeakMap<AbortSignal, Listeners<void>>()

/**
 * Calls back once when the signal aborts, unless undone; never when it has aborted before. For thousands that wait for
 * one signal and come and go: the platform searches its own list of listeners for each of them.
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
 * The same outcome, or the signal's reason at once when it aborts first, however deaf whoever promised is to it. What
 * becomes of the promise afterwards is nobody's concern. Leaves nothing on a long-lived signal.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', cut)
    if (signal.aborted) cut()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', cut))
  })
}
