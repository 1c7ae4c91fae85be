import type { Undo } from './clock.ts'
import { Listeners, rethrow } from './listeners.ts'

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
