import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/async/clock.ts'
import type { Change } from '../../src/model/change-set.ts'
import { createFlagServer, type FlagServer } from '../../src/server/flag-server.ts'
import { start } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { count } from '../report/format.ts'
import { type Cell, cellOf, standing, type Table } from '../report/table.ts'
import { buildEnvironment } from '../service/environment.ts'
import { CountingProxy } from './counting-proxy.ts'
import type { Database } from './database.ts'
import type { WriterReady, WriterSpec } from './write.ts'

const WRITER = new URL('write.ts', import.meta.url)
const LIMIT_KB = 5

const whole = cellOf('count')

interface Bytes {
  readonly first: number
  readonly again: number
}

/** Measures the bytes of the service for a process that restarts after one change. */
export async function measureRestart(database: Database, flags: number): Promise<Table> {
  const bytes = {
    halyard: await restart(database, 'halyard', flags),
    official: await restart(database, 'official', flags),
  }
  const row = (what: string, { halyard, official }: Record<ClientName, number>): Cell[] => [
    what,
    whole(halyard),
    whole(official),
    standing(halyard / official),
  ]
  return {
    id: 'redis-restart',
    title: `bytes from the service, ${count(flags)} flags`,
    heading: ['', 'halyard', 'official', 'halyard is'],
    rows: [
      row('first start', { halyard: bytes.halyard.first, official: bytes.official.first }),
      row('restart, one change', { halyard: bytes.halyard.again, official: bytes.official.again }),
    ],
    aims: [
      {
        what: 'bytes at a restart',
        value: bytes.halyard.again / 1_024,
        bound: 'at most',
        limit: LIMIT_KB,
        unit: 'KB',
      },
    ],
  }
}

async function restart(database: Database, name: ClientName, flags: number): Promise<Bytes> {
  await database.empty()
  const server = createFlagServer({
    clock: systemClock,
    onError(error) {
      throw error
    },
  })
  const environment = buildEnvironment({ flags, environment: 'generated', changes: 0, framing: 'bulk' })
  const changes: readonly Change[] = [
    ...environment.flags.map((flag) => put('flag', flag)),
    ...environment.segments.map((segment) => put('segment', segment)),
  ]
  server.accept({ changeSet: { type: 'full', changes }, selector: { state: 'first', version: 1 } })
  const http = createServer(server.handler)
  const proxy = new CountingProxy(await listening(http))
  const spec: WriterSpec = {
    name,
    service: `http://127.0.0.1:${await listening(proxy.server)}`,
    redisPort: database.port,
  }
  const first = await bytesOfOneLife(database, server, proxy, spec)
  const change = put('flag', { ...environment.flags[0], version: 5_000 })
  server.accept({
    changeSet: { type: 'partial', changes: [change] },
    selector: { state: 'second', version: 2 },
  })
  const again = await bytesOfOneLife(database, server, proxy, spec)
  http.closeAllConnections()
  http.close()
  proxy.server.close()
  return { first, again }
}

/** Runs from the start until data is stored and the stream is open. */
async function bytesOfOneLife(
  database: Database,
  server: FlagServer,
  proxy: CountingProxy,
  spec: WriterSpec,
): Promise<number> {
  const before = proxy.bytes
  const child = start<WriterReady>(WRITER, spec)
  await child.said
  await database.filled()
  while (server.clients === 0) await sleep(5)
  // Other bytes at the start of a connection.
  await sleep(1_000)
  await child.stop()
  while (server.clients > 0) await sleep(5)
  return proxy.bytes - before
}

function put(kind: 'flag' | 'segment', object: { readonly key?: string; readonly version?: number }): Change {
  const { key = '', version = 0 } = object
  return { op: 'put', kind, key, version, object }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
