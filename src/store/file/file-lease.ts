import type { Clock } from '../../async/clock.ts'
import type { Lease } from '../../model/persistent-store.ts'
import { type Claim, Claims } from './claims.ts'
import { attempt } from './errors.ts'
import { followLinks } from './follow-links.ts'
import type { SnapshotReader } from './snapshot-reader.ts'

export interface FileLeaseOptions {
  readonly path: string
  readonly reader: SnapshotReader
  readonly clock: Clock
}

/**
 * A lease of files beside the snapshot, one for each fence; the greatest counts. Who takes it over makes the next one,
 * which of many only one can, and clears away those before it. Clocks of all that share it must agree to within its
 * duration.
 */
export function fileLease(options: FileLeaseOptions): Lease {
  const { path, clock } = options
  const attemptWith = <T>(signal: AbortSignal, work: (claims: Claims) => Promise<T>): Promise<T> =>
    attempt(`cannot lease ${path}`, signal, async () => work(new Claims(await followLinks(path))))
  return {
    acquire: (holder, ttlMs, signal) =>
      attemptWith(signal, (claims) => {
        const claim = { holder, until: clock.now() + ttlMs, ttlMs }
        return acquire(claims, claim, options)
      }),
    release: (holder, signal) =>
      attemptWith(signal, async (claims) => {
        const fence = (await claims.fences()).at(-1) ?? 0
        const claim = await claims.read(fence)
        // The file stays: fences go on from it.
        if (claim?.holder === holder) await claims.renew(fence, { ...claim, until: 0 })
      }),
  }
}

async function acquire(
  claims: Claims,
  claim: Claim,
  { reader, clock }: FileLeaseOptions,
): Promise<number | undefined> {
  const fences = await claims.fences()
  const last = fences.at(-1) ?? 0
  const current = await claims.read(last)
  if (current && isValid(current, clock.now())) {
    if (current.holder !== claim.holder) return undefined
    await claims.renew(last, claim)
    return (await isGreatest(claims, last)) ? last : undefined
  }
  // Beyond that of the snapshot too, in case somebody removed the files of the lease.
  const next = Math.max(last, (await reader.read()).fence) + 1
  if (!(await claims.make(next, claim))) return undefined
  if (await isGreatest(claims, next)) {
    await claims.clear(fences)
    return next
  }
  // Others made a greater one and cleared this number away, after it was seen to be the next.
  await claims.clear([next])
  return undefined
}

/** One that ends later than its own duration allows was made by a clock that was set back since. */
function isValid({ until, ttlMs }: Claim, now: number): boolean {
  return until > now && until - now <= ttlMs
}

async function isGreatest(claims: Claims, fence: number): Promise<boolean> {
  return (await claims.fences()).at(-1) === fence
}
