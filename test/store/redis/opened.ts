import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import { Digest, markOf } from '../../../src/layout/digest.ts'
import { REPLACED, writeNotice } from '../../../src/layout/notice.ts'
import { encodeItem } from '../../../src/layout/row.ts'
import { writeSidecar } from '../../../src/layout/sidecar.ts'
import type { StoreChange } from '../../../src/model/change-feed.ts'
import type { Kind } from '../../../src/model/kind.ts'
import type { Row, StoreWrite, VersionedRow } from '../../../src/model/persistent-store.ts'
import type { OpenedStore } from '../../../src/model/store-description.ts'
import { type RedisStoreOptions, redisStore } from '../../../src/store/redis/index.ts'

export interface Opened extends OpenedStore {
  /** Everything it logged: `warn: …`. */
  readonly log: readonly string[]
}

export const open: AbortSignal = new AbortController().signal

let prefixes = 0

export function freshPrefix(): string {
  return `test-${process.pid}-${++prefixes}`
}

/** Closed by itself when the test is over. */
export function openRedis(options: RedisStoreOptions, clock: Clock = systemClock): Opened {
  const log: string[] = []
  const write =
    (level: string) =>
    (message: string): void => {
      log.push(`${level}: ${message}`)
    }
  const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const opened = redisStore(options).open({ clock, random: Math.random, logger })
  onTestFinished(() => opened.store.close())
  return { ...opened, log }
}

/** A signal that aborts after this long on the real clock. */
export function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms)
}

export function row(key: string, version: number, kind: Kind = 'flag', note = ''): VersionedRow {
  const object = { key, version, note }
  return encodeItem(kind, { key, version, object })
}

/** Rows as large as flags are. */
export function flags(count: number, version = 1): VersionedRow[] {
  const note = 'x'.repeat(1_450)
  return Array.from({ length: count }, (_, index) => row(`flag-${index}`, version, 'flag', note))
}

export function full(...rows: readonly VersionedRow[]): StoreWrite {
  return { type: 'full', rows, ...beside(rows, REPLACED) }
}

/** Its digest is that of its own rows alone. */
export function delta(...rows: readonly VersionedRow[]): StoreWrite {
  return { type: 'delta', rows, ...beside(rows, writeNotice(rows)) }
}

export function digestOf(rows: readonly Row[]): string {
  const digest = new Digest()
  for (const each of rows) digest.add(markOf(each))
  return digest.toString()
}

let revision = 0

function beside(rows: readonly Row[], notice: string): Pick<StoreWrite, 'sidecar' | 'notice'> {
  const sidecar = writeSidecar({
    keyFingerprint: 'f',
    generation: 'g',
    revision: ++revision,
    notice,
    savedAt: 0,
    digest: digestOf(rows),
  })
  return { sidecar, notice }
}

export async function textsOf({ store }: OpenedStore): Promise<ReadonlyMap<string, string>> {
  const { rows } = await store.readAll(open)
  return new Map(rows.map(({ kind, key, text }) => [`${kind} ${key}`, text]))
}

/** What a feed says, one after the other. Ends with the test. */
export function listen({ feed }: OpenedStore): () => Promise<StoreChange | 'end'> {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const changes = feed.changes(controller.signal)[Symbol.asyncIterator]()
  return async () => {
    const { done, value } = await changes.next()
    return done ? 'end' : value
  }
}
