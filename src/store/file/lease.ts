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
 * Returns a lease that consists of files beside the snapshot, one for each fencing token; the highest one counts. A
 * process that takes the lease over creates the next file, in which only one process can succeed, and deletes the earlier
 * ones. The clocks of all processes must agree to within the duration of the lease.
 */
export function fileLease(options: FileLeaseOptions): Lease {
  const { path, clock } = options
  const attemptWith = <T>(signal: AbortSignal, work: (files: LeaseFiles) => Promise<T>): Promise<T> =>
    attempt(`cannot lease ${path}`, signal, async () => work(new LeaseFiles(await followLinks(path))))
  return {
    acquire: (holder, ttlMs, signal) =>
      attemptWith(signal, (files) => {
        const record = { holder, until: clock.now() + ttlMs, ttlMs }
        return acquire(files, record, options)
      }),
    release: (holder, signal) =>
      attemptWith(signal, async (files) => {
        const token = (await files.tokens()).at(-1) ?? 0
        const record = await files.read(token)
        // The file stays, because the next fencing token follows it.
        if (record?.holder === holder) await files.renew(token, { ...record, until: 0 })
      }),
  }
}

async function acquire(
  files: LeaseFiles,
  record: LeaseRecord,
  { reader, clock }: FileLeaseOptions,
): Promise<number | undefined> {
  const tokens = await files.tokens()
  const last = tokens.at(-1) ?? 0
  const current = await files.read(last)
  if (current && isValid(current, clock.now())) {
    if (current.holder !== record.holder) return undefined
    await files.renew(last, record)
    return (await isGreatest(files, last)) ? last : undefined
  }
  // The snapshot has the token of its last write, in case the lease files were deleted.
  const next = Math.max(last, (await reader.read()).fence) + 1
  if (!(await files.create(next, record))) return undefined
  if (await isGreatest(files, next)) {
    await files.delete(tokens)
    return next
  }
  // Another process created a higher token, and deleted this number between its choice and its creation.
  await files.delete([next])
  return undefined
}

/** Returns false also for a record that ends too late for its duration: the clock was set back since. */
function isValid({ until, ttlMs }: LeaseRecord, now: number): boolean {
  return until > now && until - now <= ttlMs
}

async function isGreatest(files: LeaseFiles, token: number): Promise<boolean> {
  return (await files.tokens()).at(-1) === token
}

interface LeaseRecord {
  readonly holder: string
  /** End in milliseconds since the Unix epoch, by the clock of the holder. */
  readonly until: number
  readonly ttlMs: number
}

/** The files `PATH.lease-N`. Each is complete from the moment it exists. */
class LeaseFiles {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async tokens(): Promise<readonly number[]> {
    const stem = `${basename(this.#path)}.lease-`
    const names = await readdir(dirname(this.#path))
    return names
      .filter((name) => name.startsWith(stem) && /^\d+$/.test(name.slice(stem.length)))
      .map((name) => Number(name.slice(stem.length)))
      .sort((a, b) => a - b)
  }

  async read(token: number): Promise<LeaseRecord | undefined> {
    const text = await readFile(this.#nameOf(token), 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined
      throw error
    })
    const value = tryParse(text)
    if (!isJsonObject(value)) return undefined
    const { holder, until, ttlMs } = value
    if (typeof holder !== 'string' || typeof until !== 'number' || typeof ttlMs !== 'number') return undefined
    return { holder, until, ttlMs }
  }

  async create(token: number, record: LeaseRecord): Promise<boolean> {
    return this.#viaTemporary(record, async (temporary) => {
      try {
        await link(temporary, this.#nameOf(token))
        return true
      } catch (error) {
        if (hasCode(error, 'EEXIST')) return false
        throw error
      }
    })
  }

  renew(token: number, record: LeaseRecord): Promise<void> {
    return this.#viaTemporary(record, (temporary) => rename(temporary, this.#nameOf(token)))
  }

  async delete(tokens: readonly number[]): Promise<void> {
    for (const token of tokens) await discard(this.#nameOf(token))
  }

  async #viaTemporary<T>(record: LeaseRecord, publish: (temporary: string) => Promise<T>): Promise<T> {
    const temporary = temporaryBeside(this.#path)
    try {
      await writeFile(temporary, JSON.stringify(record), { flag: 'wx', mode: 0o600 })
      return await publish(temporary)
    } finally {
      await discard(temporary)
    }
  }

  #nameOf(token: number): string {
    return `${this.#path}.lease-${token}`
  }
}
