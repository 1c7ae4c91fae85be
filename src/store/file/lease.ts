import { link, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Clock } from '../../async/clock.ts'
import { isJsonObject, tryParse } from '../../model/json.ts'
import type { Lease } from '../../model/persistent-store.ts'
import { attempt, hasCode } from './errors.ts'
import { discard, followLinks, temporaryBeside } from './replace-file.ts'
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
  const attemptWith = <T>(signal: AbortSignal, work: (claims: LeaseFiles) => Promise<T>): Promise<T> =>
    attempt(`cannot lease ${path}`, signal, async () => work(new LeaseFiles(await followLinks(path))))
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
  claims: LeaseFiles,
  claim: LeaseRecord,
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
function isValid({ until, ttlMs }: LeaseRecord, now: number): boolean {
  return until > now && until - now <= ttlMs
}

async function isGreatest(claims: LeaseFiles, fence: number): Promise<boolean> {
  return (await claims.fences()).at(-1) === fence
}

/** Who may write, and until when. */
interface LeaseRecord {
  readonly holder: string
  /** Milliseconds since the Unix epoch, by the holder's clock. */
  readonly until: number
  readonly ttlMs: number
}

/** Claims as files beside a path, `PATH.lease-N`, each complete from the moment it has its name. */
class LeaseFiles {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** The fences of all claims, the greatest last. */
  async fences(): Promise<readonly number[]> {
    const stem = `${basename(this.#path)}.lease-`
    const names = await readdir(dirname(this.#path))
    return names
      .filter((name) => name.startsWith(stem) && /^\d+$/.test(name.slice(stem.length)))
      .map((name) => Number(name.slice(stem.length)))
      .sort((a, b) => a - b)
  }

  /** `undefined` where there is none, or none that makes sense. */
  async read(fence: number): Promise<LeaseRecord | undefined> {
    const text = await readFile(this.#nameOf(fence), 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined
      throw error
    })
    const value = tryParse(text)
    if (!isJsonObject(value)) return undefined
    const { holder, until, ttlMs } = value
    if (typeof holder !== 'string' || typeof until !== 'number' || typeof ttlMs !== 'number') return undefined
    return { holder, until, ttlMs }
  }

  /** Makes one that is not there; resolves with whether it was the first to do so. */
  async make(fence: number, claim: LeaseRecord): Promise<boolean> {
    return this.#beside(claim, async (temporary) => {
      try {
        await link(temporary, this.#nameOf(fence))
        return true
      } catch (error) {
        if (hasCode(error, 'EEXIST')) return false
        throw error
      }
    })
  }

  /** Puts another in the place of one. */
  renew(fence: number, claim: LeaseRecord): Promise<void> {
    return this.#beside(claim, (temporary) => rename(temporary, this.#nameOf(fence)))
  }

  async clear(fences: readonly number[]): Promise<void> {
    for (const fence of fences) await discard(this.#nameOf(fence))
  }

  async #beside<T>(claim: LeaseRecord, place: (temporary: string) => Promise<T>): Promise<T> {
    const temporary = temporaryBeside(this.#path)
    try {
      await writeFile(temporary, JSON.stringify(claim), { flag: 'wx', mode: 0o600 })
      return await place(temporary)
    } finally {
      await discard(temporary)
    }
  }

  #nameOf(fence: number): string {
    return `${this.#path}.lease-${fence}`
  }
}
