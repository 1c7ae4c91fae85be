import { randomUUID } from 'node:crypto'
import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import type { Lease } from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'

/** Duration of the lease, in milliseconds: three renewals, so that one failed or slow renewal does not lose it. */
export const LEASE_MS = 15_000
export const RENEW_MS: number = LEASE_MS / 3

/** Time after which an interrupted source counts as cut off, in milliseconds. */
const CUT_OFF_MS = LEASE_MS
/** Time for which a writer that is cut off offers the lease, in milliseconds: each other writer requests it at least once. */
const OFFER_MS = 2 * RENEW_MS
/** Time between two offers, or between two requests, of a writer that is cut off, in milliseconds. */
const HOLD_MS = 60_000

/** The right to write: without a lease, with a lease, with another writer, or offered to other writers. */
export type WriteRight =
  | { readonly type: 'free' }
  | { readonly type: 'held'; readonly fencingToken: number }
  | { readonly type: 'denied' }
  | { readonly type: 'offered' }

export function mayWrite({ type }: WriteRight): boolean {
  return type === 'free' || type === 'held'
}

export function fencingTokenOf(right: WriteRight): number | undefined {
  return right.type === 'held' ? right.fencingToken : undefined
}

export interface WriteLease {
  /** Requests the right before each write. `isLive` returns true if the source of this process is connected. */
  request(signal: AbortSignal, isLive: () => boolean): Promise<WriteRight>
  /** Records that the database refused a write because another writer holds the lease. */
  lost(): void
  release(signal: AbortSignal): Promise<void>
}

export const unrestricted: WriteLease = {
  request: () => Promise.resolve({ type: 'free' }),
  lost: () => {},
  release: () => Promise.resolve(),
}

/**
 * Returns a lease that one of several writers holds and renews. A holder whose source is cut off releases the lease
 * once a minute and takes it again if no other writer did, so that a connected writer becomes the holder (S147).
 * Rejects if the database does.
 */
export function exclusive(lease: Lease, monitor: StoreMonitor, clock: Clock): WriteLease {
  const holder = randomUUID()
  const liveness = new Liveness(clock)
  let held: { readonly fencingToken: number; readonly askAgainAt: number } | undefined
  /** While the source is cut off: the monotonic time of the next release or request. */
  let nextAt: number | undefined
  let isOffered = false
  const ask = <T>(call: (inTime: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> =>
    monitor.observe('lease', () => withDeadline(clock, RENEW_MS, signal, call), signal)
  return {
    async request(signal, isLive) {
      const now = clock.monotonic()
      if (!liveness.isCutOff(isLive)) nextAt = undefined
      else nextAt ??= held ? now : now + HOLD_MS
      if (nextAt !== undefined && held && now >= nextAt) {
        held = undefined
        isOffered = true
        nextAt = now + OFFER_MS
        await ask((inTime) => lease.release(holder, inTime), signal)
      }
      if (nextAt !== undefined && !held && now < nextAt) return { type: isOffered ? 'offered' : 'denied' }
      if (held && now < held.askAgainAt) return { type: 'held', fencingToken: held.fencingToken }
      const isRenewal = held !== undefined
      held = undefined
      const fencingToken = await ask((inTime) => lease.acquire(holder, LEASE_MS, inTime), signal)
      isOffered = false
      if (nextAt !== undefined && !isRenewal) nextAt = now + HOLD_MS
      if (fencingToken === undefined) return { type: 'denied' }
      held = { fencingToken, askAgainAt: now + RENEW_MS }
      return { type: 'held', fencingToken }
    },
    lost() {
      held = undefined
    },
    async release(signal) {
      if (held) await lease.release(holder, signal)
      held = undefined
    },
  }
}

class Liveness {
  readonly #clock: Clock
  #liveAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#liveAt = clock.monotonic()
  }

  isCutOff(isLive: () => boolean): boolean {
    const now = this.#clock.monotonic()
    if (isLive()) this.#liveAt = now
    return now - this.#liveAt >= CUT_OFF_MS
  }
}
