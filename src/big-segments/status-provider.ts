import type { StatusPoll } from './status-poll.ts'

/** The status of a store of big segments. */
export interface BigSegmentStoreStatus {
  /** True if the store answers. Otherwise evaluations of big segments have the status `STORE_ERROR`. */
  readonly available: boolean
  /** True if the store answers, but its data was not synchronized for `staleAfter`, or never. */
  readonly stale: boolean
}

/** A listener of the status of a store of big segments. */
export type BigSegmentStoreStatusListener = (status: BigSegmentStoreStatus) => void

/**
 * The source of the status of a store of big segments, with the methods of the official SDK.
 *
 * @example
 * ```ts
 * client.bigSegmentStoreStatusProvider.on('change', ({ available, stale }) => {
 *   if (!available || stale) console.warn('members of big segments are out of date')
 * })
 * ```
 */
export interface BigSegmentStoreStatusProvider {
  /** Returns the last known status; `undefined` until the first poll of the store has ended. */
  getStatus(): BigSegmentStoreStatus | undefined
  /** Returns the last known status, or waits for the first poll. Never rejects. Without a store, it is not available. */
  requireStatus(): Promise<BigSegmentStoreStatus>
  /** Adds a listener, which is called when the status changes, and with the first status. */
  on(event: 'change', listener: BigSegmentStoreStatusListener): this
  /** Adds a listener that is removed after its first call. */
  once(event: 'change', listener: BigSegmentStoreStatusListener): this
  /** Removes a listener; of several registrations, the last. */
  off(event: 'change', listener: BigSegmentStoreStatusListener): this
}

const NO_STORE: BigSegmentStoreStatus = { available: false, stale: false }

/** Returns the provider of a poll, or of a client without a store. */
export function statusProvider(poll: StatusPoll | undefined): BigSegmentStoreStatusProvider {
  const listeners = poll?.listeners
  return {
    getStatus: () => (poll === undefined ? { ...NO_STORE } : poll.current && { ...poll.current }),
    requireStatus: async () => ({ ...((await poll?.required()) ?? NO_STORE) }),
    on(event, listener) {
      if (isChange(event)) listeners?.add(listener)
      return this
    },
    once(event, listener) {
      if (isChange(event)) listeners?.add(listener, 'once')
      return this
    },
    off(event, listener) {
      if (isChange(event)) listeners?.remove(listener)
      return this
    },
  }
}

/** A program without types may name any event. The others never occur, as in the official SDK. */
function isChange(event: string): boolean {
  return event === 'change'
}
