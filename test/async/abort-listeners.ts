import { getEventListeners } from 'node:events'

/** Returns the number of abort listeners of a signal, which must not grow with time. */
export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}
