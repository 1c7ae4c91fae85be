import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findConsul, startConsulAgent } from '../../test/support/consul-agent.ts'
import { startDynalite } from '../../test/support/dynalite.ts'
import { askChild } from '../child.ts'
import { median } from '../median.ts'
import { count } from '../report/format.ts'
import { type Cell, cellOf, type Table } from '../report/table.ts'
import type { Database } from './database.ts'
import type { StoreCost, StorePlace } from './measure-store.ts'

const ms = cellOf('decimals')
const MEASUREMENT = new URL('measure-store.ts', import.meta.url)

/** Measures every store of Halyard, without a client. */
export async function measureAllStores(database: Database, flags: number, repeats: number): Promise<Table> {
  const measure = async (what: string, open: () => Promise<StorePlace>): Promise<Cell[]> => {
    const costs: StoreCost[] = []
    for (let round = 0; round < repeats; round++) {
      costs.push(await askChild<StoreCost>(MEASUREMENT, { flags, place: await open() }))
    }
    const of = (member: keyof StoreCost): Cell => ms(median(costs.map((cost) => cost[member])))
    return [what, of('full'), of('delta'), of('deltaOf100'), of('readAll')]
  }
  const rows = [
    await measure('Redis', async () => {
      await database.empty()
      return { type: 'redis', port: database.port }
    }),
    ...(await withConsul((url) => measure('Consul', async () => ({ type: 'consul', url })))),
    await withDynalite((clientOptions) =>
      measure('DynamoDB (dynalite)', async () => ({ type: 'dynamodb', clientOptions })),
    ),
    await withFile((path) => measure('file', async () => ({ type: 'file', path }))),
  ]
  return {
    id: 'stores',
    title: `stores alone, ${count(flags)} flags (ms)`,
    heading: ['store', 'full write', 'one flag', '100 flags', 'read all'],
    rows,
    notes: rows.length < 4 ? ['Consul was not measured: scripts/fetch-consul.sh gets it.'] : [],
  }
}

async function withConsul<T>(work: (url: string) => Promise<T>): Promise<readonly T[]> {
  if (findConsul() === undefined) return []
  const agent = await startConsulAgent()
  try {
    return [await work(agent.url)]
  } finally {
    await agent.stop()
  }
}

async function withDynalite<T>(work: (clientOptions: object) => Promise<T>): Promise<T> {
  const dynalite = await startDynalite()
  try {
    await dynalite.createTable('bench')
    return await work(dynalite.clientOptions)
  } finally {
    await dynalite.close()
  }
}

async function withFile<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-bench-'))
  try {
    return await work(join(folder, 'snapshot'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
