import { randomUUID } from 'node:crypto'
import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/deadline.ts'
import type { Lease } from '../../model/lease.ts'
import type { StoreMonitor } from '../store-monitor.ts'

/** The lease lasts three rounds: one that is missed, or slow, loses nothing. */
export const LEASE_MS = 15_000
export const RENEW_MS: number = LEASE_MS / 3

/** Whether this process may write: yes, yes with a fence, or no. */
export type Right =
  | { readonly type: 'free' }
  | { readonly type: 'held'; readonly fence: number }
  | { readonly type: 'denied' }

/** Asks for the right to write, each time before it is used. */
export interface Tenure {
  right(signal: AbortSignal): Promise<Right>
  /** The database said that somebody else has it. */
  lost(): void
  end(signal: AbortSignal): Promise<void>
}

/** Everybody may write. */
export const everybody: Tenure = {
  right: () => Promise.resolve({ type: 'free' }),
  lost: () => {},
  end: () => Promise.resolve(),
}

/** One of many may write, as long as it renews its lease; rejects as the lease does. */
export function oneOfMany(lease: Lease, monitor: StoreMonitor, clock: Clock): Tenure {
  const holder = randomUUID()
  let held: { readonly fence: number; readonly askAgainAt: number } | undefined
  return {
    async right(signal) {
      if (held && clock.monotonic() < held.askAgainAt) return { type: 'held', fence: held.fence }
      const asked = clock.monotonic()
      held = undefined
      const fence = await monitor.observe(
        'lease',
        () => withDeadline(clock, RENEW_MS, signal, (inTime) => lease.acquire(holder, LEASE_MS, inTime)),
        signal,
      )
      if (fence === undefined) return { type: 'denied' }
      held = { fence, askAgainAt: asked + RENEW_MS }
      return { type: 'held', fence }
    },
    lost() {
      held = undefined
    },
    async end(signal) {
      if (held) await lease.release(holder, signal)
      held = undefined
    },
  }
}
