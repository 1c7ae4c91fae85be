import { getEventListeners } from 'node:events'

/** How many listeners wait for a signal to abort. What lasts must not gather them. */
export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}
