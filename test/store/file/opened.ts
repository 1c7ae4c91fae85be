import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { OpenedStore } from '../../../src/model/persistent-store.ts'
import { fileStore } from '../../../src/store/file/file-store.ts'
import type { FileStoreOptions } from '../../../src/store/file/options.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { never } from '../../support/store-writes.ts'

/** Start time of the clocks in these tests. */
export const START: number = Date.UTC(2030, 0)

/** Creates a folder that is deleted after the test. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-file-store-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** A clock whose pauses in long work end when the test releases them. */
export class PausedClock extends VirtualClock {
  readonly #gate = Promise.withResolvers<void>()
  #looks = 0
  /** Number of pauses. */
  paused = 0

  /** Returns a time that grows by more than one slice of work with each call. */
  override monotonic(): number {
    return ++this.#looks * 1_000
  }

  override breathe(): Promise<void> {
    this.paused++
    return this.#gate.promise
  }

  letGo(): void {
    this.#gate.resolve()
  }
}

export interface Opened extends OpenedStore {
  readonly clock: VirtualClock
  readonly warnings: readonly string[]
  /** Returns the texts by kind and key; `undefined` without a marker. */
  readonly contents: () => Promise<ReadonlyMap<string, string> | undefined>
}

/** Opens a store that writes without delay. It is closed after the test. */
export function opened(
  path: string,
  { clock = new VirtualClock(START), ...options }: FileStoreOptions & { readonly clock?: VirtualClock } = {},
): Opened {
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, warn: (message: string) => void warnings.push(message), error() {} }
  const description = fileStore(path, { saveEveryMs: 0, ...options })
  const { store, feed, lease } = description.open({ clock, random: () => 0, logger })
  onTestFinished(() => store.close())
  const contents = async (): Promise<ReadonlyMap<string, string> | undefined> => {
    const { initialized, rows } = await store.readAll(never)
    return initialized ? new Map(rows.map(({ kind, key, text }) => [`${kind} ${key}`, text])) : undefined
  }
  return { store, feed, lease, clock, warnings, contents }
}
