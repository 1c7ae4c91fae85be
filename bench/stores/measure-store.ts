import { systemClock } from '../../src/async/clock.ts'
import { encodeItem } from '../../src/layout/row.ts'
import type { PersistentStore, StoreDescription, VersionedRow } from '../../src/model/persistent-store.ts'
import { given, tell } from '../child.ts'
import { silent } from '../clients/silent.ts'
import { median } from '../median.ts'
import { quiet } from '../quiet.ts'
import { buildEnvironment } from '../service/environment.ts'
import { stay } from './stay.ts'

/** Measures one database without a client, in this process. */
export interface StoreSpec {
  readonly flags: number
  readonly place: StorePlace
}

export type StorePlace =
  | { readonly type: 'redis'; readonly port: number }
  | { readonly type: 'dynamodb'; readonly clientOptions: object }
  | { readonly type: 'consul'; readonly url: string }
  | { readonly type: 'file'; readonly path: string }

/** Milliseconds. */
export interface StoreCost {
  readonly full: number
  /** A change of one flag, and of a hundred. */
  readonly delta: number
  readonly deltaOf100: number
  readonly readAll: number
}

const DELTAS = 30

const { flags, place } = given<StoreSpec>()
stay()
const rows = rowsOf(flags)
const description = await describe(place)
const { signal } = new AbortController()
const open = (): PersistentStore =>
  description.open({ clock: systemClock, random: Math.random, logger: silent }).store
const store = open()
await quiet()
const full = await timed(() => store.write({ type: 'full', rows, sidecar: 'first', notice: 'all' }, signal))
const deltas: number[] = []
for (let round = 1; round <= DELTAS; round++)
  deltas.push(await timed(() => change(rows.slice(round, round + 1), round)))
const deltaOf100 = await timed(() => change(rows.slice(100, 200), DELTAS + 1))
const readAll: number[] = []
for (let round = 0; round < 3; round++) readAll.push(await timed(() => readEverything(open())))
await store.close()
tell({ full, delta: median(deltas), deltaOf100, readAll: median(readAll) } satisfies StoreCost)

async function describe(where: StorePlace): Promise<StoreDescription> {
  switch (where.type) {
    case 'redis': {
      const { redisStore } = await import('../../src/store/redis/redis-store.ts')
      return redisStore({ host: '127.0.0.1', port: where.port })
    }
    case 'dynamodb': {
      const { dynamodbStore } = await import('../../src/store/dynamodb/dynamodb-store.ts')
      return dynamodbStore({ tableName: 'bench', clientOptions: where.clientOptions })
    }
    case 'consul': {
      const { consulStore } = await import('../../src/store/consul/consul-store.ts')
      return consulStore({ url: where.url })
    }
    case 'file': {
      const { fileStore } = await import('../../src/store/file/file-store.ts')
      return fileStore(where.path, { saveEveryMs: 0 })
    }
    default:
      return where satisfies never
  }
}

function rowsOf(count: number): readonly VersionedRow[] {
  const { flags: all, segments } = buildEnvironment({
    flags: count,
    environment: 'generated',
    changes: 0,
    framing: 'bulk',
  })
  return [
    ...segments.map((object) =>
      encodeItem('segment', { key: object.key ?? '', version: object.version ?? 0, object }),
    ),
    ...all.map((object) =>
      encodeItem('flag', { key: object.key ?? '', version: object.version ?? 0, object }),
    ),
  ]
}

function change(some: readonly VersionedRow[], round: number): Promise<unknown> {
  const newer = some.map((row) => {
    const version = 10_000 + round
    const text = JSON.stringify({ ...(JSON.parse(row.text) as object), version })
    return { ...row, version, text }
  })
  return store.write({ type: 'delta', rows: newer, sidecar: `after ${round}`, notice: 'some' }, signal)
}

/** Opens a store with its own connection and without cached data. */
async function readEverything(fresh: PersistentStore): Promise<void> {
  const held = await fresh.readAll(signal)
  await fresh.close()
  if (held.rows.length !== rows.length || !held.initialized) throw new Error('not everything is there')
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
