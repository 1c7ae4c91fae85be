import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Backoff } from '../../async/backoff.ts'
import { withDeadline } from '../../async/signals.ts'
import { sleep } from '../../async/sleep.ts'
import { Wakeup } from '../../async/wakeup.ts'
import { fingerprint } from '../../layout/sidecar.ts'
import { reasonOf } from '../../model/error-text.ts'
import type { JsonObject } from '../../model/json.ts'
import type { StoreContext, StoredText } from '../../model/persistent-store.ts'
import { hasCode } from '../../store/file/errors.ts'
import { replaceAtomically } from '../../store/file/replace-file.ts'
import { storeModuleOf } from '../../store/registry.ts'
import type { AutoConfigOptions } from '../config/option-groups.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import { type SavedConfig, seal, unseal } from './sealed.ts'

/** The copy of the environments with which a restart works while the service cannot be reached. No method rejects. */
export interface ConfigCache {
  /** Returns the copy. Logs why if it cannot be used, and returns `undefined` then, or if there is none. */
  read(signal: AbortSignal): Promise<SavedConfig | undefined>
  /** Replaces the copy in the background. Only the last of several calls counts. */
  write(environments: JsonObject): void
  close(): Promise<void>
}

const NO_CACHE: ConfigCache = {
  read: () => Promise.resolve(undefined),
  write() {},
  close: () => Promise.resolve(),
}

/** Opens the copy of a relay: in its database under `cacheKey`, or without a database in the folder of snapshots. */
export function openConfigCache(
  { store, snapshotDirectory }: Pick<RelayConfig, 'store' | 'snapshotDirectory'>,
  { key, cacheKey, cacheTableName, cacheEncryptionKey = key }: AutoConfigOptions,
  context: StoreContext,
): ConfigCache {
  const place = { key: cacheKey ?? '', ...(cacheTableName !== undefined && { tableName: cacheTableName }) }
  const text = store
    ? cacheKey && storeModuleOf(store).openText(store, place, context)
    : snapshotDirectory && fileText(join(snapshotDirectory, `auto-config-${fingerprint(key)}.cache`))
  return text ? new EncryptedCache(text, cacheEncryptionKey, context) : NO_CACHE
}

function fileText(path: string): StoredText {
  return {
    name: path,
    async read(signal) {
      try {
        return await readFile(path, { encoding: 'utf8', signal })
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return undefined
        throw error
      }
    },
    write: (text, signal) => replaceAtomically(path, (handle) => handle.writeFile(text), signal),
    close: () => Promise.resolve(),
  }
}

const TIMEOUT_MS = 10_000
const RETRY = { baseMs: 1_000, maxMs: 60_000 }

class EncryptedCache implements ConfigCache {
  readonly #text: StoredText
  readonly #secret: string
  readonly #context: StoreContext
  readonly #life = new AbortController()
  readonly #wakeup = new Wakeup()
  readonly #writing: Promise<void>
  #wanted: JsonObject | undefined
  #isFailing = false

  constructor(text: StoredText, secret: string, context: StoreContext) {
    this.#text = text
    this.#secret = secret
    this.#context = context
    this.#writing = this.#writeAll()
  }

  async read(signal: AbortSignal): Promise<SavedConfig | undefined> {
    const { clock } = this.#context
    try {
      const text = await withDeadline(clock, TIMEOUT_MS, signal, (inTime) => this.#text.read(inTime))
      if (text === undefined) return undefined
      const config = unseal(text, this.#secret)
      if (!('fault' in config)) return config
      this.#warn(`the copy in ${this.#text.name} is ignored: ${config.fault}`)
    } catch (error) {
      if (!signal.aborted) this.#warn(`the copy in ${this.#text.name} cannot be read: ${reasonOf(error)}`)
    }
    return undefined
  }

  write(environments: JsonObject): void {
    this.#wanted = environments
    this.#wakeup.notify()
  }

  async close(): Promise<void> {
    this.#life.abort()
    await this.#writing
    await this.#text.close().catch((error: unknown) => this.#warn(`could not be closed: ${reasonOf(error)}`))
  }

  async #writeAll(): Promise<void> {
    const { clock, random } = this.#context
    const { signal } = this.#life
    const backoff = new Backoff({ clock, random, ...RETRY })
    while (!signal.aborted) {
      const wanted = this.#wanted
      if (!wanted) {
        await this.#wakeup.wait(clock, Infinity, signal)
        continue
      }
      this.#wanted = undefined
      try {
        const sealed = seal({ savedAt: clock.now(), environments: wanted }, this.#secret)
        await withDeadline(clock, TIMEOUT_MS, signal, (inTime) => this.#text.write(sealed, inTime))
        backoff.succeeded()
        this.#isFailing = false
      } catch (error) {
        this.#wanted ??= wanted
        if (signal.aborted) return
        this.#warnOfWrite(reasonOf(error))
        await sleep(clock, backoff.failed(), signal)
      }
    }
  }

  /** Logs the first failure until a write succeeds. */
  #warnOfWrite(reason: string): void {
    if (!this.#isFailing)
      this.#warn(`the copy in ${this.#text.name} could not be written: ${reason}; the relay keeps trying`)
    this.#isFailing = true
  }

  #warn(text: string): void {
    this.#context.logger.warn(`auto-config: ${text}`)
  }
}
