import { randomUUID } from 'node:crypto'
import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import type { Lease } from '../../model/persistent-store.ts'
import type { StoreMonitor } from '../store-monitor.ts'

/** The lease lasts three rounds: one that is missed, or slow, loses nothing. */
export const LEASE_MS = 15_000
export const RENEW_MS: number = LEASE_MS / 3

/** A source that is interrupted for this long counts as cut off, as a writer that stops renewing counts as gone. */
const CUT_OFF_MS = LEASE_MS
/** The time for which a writer that is cut off leaves the lease to others: each of them asks once or more. */
const STAND_BY_MS = 2 * RENEW_MS
/** The time for which a writer that is cut off keeps a lease that no other writer took, or waits before it asks again. */
const HOLD_MS = 60_000

/** Whether this process may write: yes, yes with a fence, no, or no because it offers the lease to others at present. */
export type WriteRight =
  | { readonly type: 'free' }
  | { readonly type: 'held'; readonly fence: number }
  | { readonly type: 'denied' }
  | { readonly type: 'offered' }

export function mayWrite({ type }: WriteRight): boolean {
  return type === 'free' || type === 'held'
}

export function fenceOf(right: WriteRight): number | undefined {
  return right.type === 'held' ? right.fence : undefined
}

/** Asks for the right to write, each time before it is used. */
export interface WriteLease {
  /** `isLive`: whether the source of this process is connected. */
  request(signal: AbortSignal, isLive: () => boolean): Promise<WriteRight>
  /** The database said that somebody else has it. */
  lost(): void
  release(signal: AbortSignal): Promise<void>
}

/** Everybody may write. */
export const unrestricted: WriteLease = {
  request: () => Promise.resolve({ type: 'free' }),
  lost: () => {},
  release: () => Promise.resolve(),
}

/**
 * One of many may write, as long as it renews its lease. A holder whose source is cut off releases the lease once a minute
 * and takes it again if no other writer did, so that a writer that is connected becomes the holder (S147). Rejects as the
 * lease does.
 */
export function exclusive(lease: Lease, monitor: StoreMonitor, clock: Clock): WriteLease {
  const holder = randomUUID()
  const liveness = new Liveness(clock)
  let held: { readonly fence: number; readonly askAgainAt: number } | undefined
  /** While the source is cut off: when to release the lease, or to ask for it. */
  let turnAt: number | undefined
  let isOffered = false
  const ask = <T>(call: (inTime: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> =>
    monitor.observe('lease', () => withDeadline(clock, RENEW_MS, signal, call), signal)
  return {
    async request(signal, isLive) {
      const now = clock.monotonic()
      if (!liveness.isCutOff(isLive)) turnAt = undefined
      else turnAt ??= held ? now : now + HOLD_MS
      if (turnAt !== undefined && held && now >= turnAt) {
        held = undefined
        isOffered = true
        turnAt = now + STAND_BY_MS
        await ask((inTime) => lease.release(holder, inTime), signal)
      }
      if (turnAt !== undefined && !held && now < turnAt) return { type: isOffered ? 'offered' : 'denied' }
      if (held && now < held.askAgainAt) return { type: 'held', fence: held.fence }
      const isRenewal = held !== undefined
      held = undefined
      const fence = await ask((inTime) => lease.acquire(holder, LEASE_MS, inTime), signal)
      isOffered = false
      if (turnAt !== undefined && !isRenewal) turnAt = now + HOLD_MS
      if (fence === undefined) return { type: 'denied' }
      held = { fence, askAgainAt: now + RENEW_MS }
      return { type: 'held', fence }
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

/** Tells a source that is cut off from one that is interrupted for a moment. */
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
