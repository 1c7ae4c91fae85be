import { link, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { isJsonObject, tryParse } from '../../model/json.ts'
import { hasCode } from './errors.ts'
import { discard, temporaryBeside } from './temporary.ts'

/** Who may write, and until when. */
export interface Claim {
  readonly holder: string
  /** Milliseconds since the Unix epoch, by the holder's clock. */
  readonly until: number
  readonly ttlMs: number
}

/** Claims as files beside a path, `PATH.lease-N`, each complete from the moment it has its name. */
export class Claims {
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
  async read(fence: number): Promise<Claim | undefined> {
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
  async make(fence: number, claim: Claim): Promise<boolean> {
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
  renew(fence: number, claim: Claim): Promise<void> {
    return this.#beside(claim, (temporary) => rename(temporary, this.#nameOf(fence)))
  }

  async clear(fences: readonly number[]): Promise<void> {
    for (const fence of fences) await discard(this.#nameOf(fence))
  }

  async #beside<T>(claim: Claim, place: (temporary: string) => Promise<T>): Promise<T> {
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
