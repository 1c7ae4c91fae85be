import { median, quantile } from '../median.ts'
import { count, ratio } from '../report/format.ts'
import { cellOf, type Table } from '../report/table.ts'
import { type Arena, withArena } from './arena.ts'
import { residentOf } from './resident.ts'
import type { ServerName } from './serve.ts'

export interface FanOutPlan {
  readonly clients: number
  readonly flags: number
  readonly changes: number
  readonly repeats: number
}

const EVERY_MS = 500

/** Times in milliseconds, memory in bytes. */
interface FanOut {
  /** Time until the last client had a change: median, and 99th percentile. */
  readonly lastP50: number
  readonly lastP99: number
  /** Time until a client had a change, over all clients and changes. */
  readonly eachP50: number
  readonly cpuMs: number
  readonly turnMs: number
  readonly residentPerClient: number
  readonly heapPerClient: number
}

const SERVERS: readonly ServerName[] = ['relay', 'floor', 'separate']

const decimals = cellOf('decimals')

/** Sends one change at a time to all clients. */
export async function measureFanOut(plan: FanOutPlan): Promise<Table> {
  const results = new Map<ServerName, FanOut[]>(SERVERS.map((name) => [name, []]))
  for (let round = 0; round < plan.repeats; round++) {
    for (const name of SERVERS) {
      results.get(name)?.push(await withArena(name, plan.flags, (arena) => measure(arena, plan)))
    }
  }
  const of = (name: ServerName, what: keyof FanOut): number =>
    median((results.get(name) ?? []).map((result) => result[what]))
  const beside = of('separate', 'cpuMs') / of('relay', 'cpuMs')
  const title = `one change to ${count(plan.clients)} streams of one process, ${count(plan.flags)} flags held`
  return {
    id: 'relay-streams',
    title: `${title} (ms; memory in KB for each client)`,
    heading: ['server', 'last p50', 'last p99', 'each p50', 'cpu', 'turn', 'resident', 'heap'],
    rows: SERVERS.map((name) => [
      name,
      ...(['lastP50', 'lastP99', 'eachP50', 'cpuMs', 'turnMs'] as const).map((what) =>
        decimals(of(name, what)),
      ),
      decimals(of(name, 'residentPerClient') / 1_024),
      decimals(of(name, 'heapPerClient') / 1_024),
    ]),
    notes: [`cpu of a change, encoded for each client against the relay: ${ratio(beside)}`],
    aims: [
      {
        what: 'cpu of a change against the floor',
        value: of('relay', 'cpuMs') / of('floor', 'cpuMs'),
        bound: 'at most',
        limit: 1.5,
        unit: 'x',
      },
      {
        what: 'memory of a client against the floor',
        value: of('relay', 'residentPerClient') / of('floor', 'residentPerClient'),
        bound: 'at most',
        limit: 2,
        unit: 'x',
      },
    ],
  }
}

async function measure(arena: Arena, { clients, changes }: FanOutPlan): Promise<FanOut> {
  const { server } = arena
  const alone = { heap: await server.call('heap'), resident: residentOf(server.pid).now }
  await arena.join(clients)
  // The first changes allocate buffers and compile code.
  await arena.change(5, EVERY_MS)
  const crowded = { heap: await server.call('heap'), resident: residentOf(server.pid).now }
  const cpuBefore = await server.call('cpuMs')
  await server.call('watchTurns')
  const took = await arena.change(changes, EVERY_MS)
  const turnMs = await server.call('longestTurn')
  const cpuMs = ((await server.call('cpuMs')) - cpuBefore) / changes
  const last = took.map((each) => Math.max(...each))
  return {
    lastP50: quantile(last, 0.5),
    lastP99: quantile(last, 0.99),
    eachP50: quantile(took.flat(), 0.5),
    cpuMs,
    turnMs,
    residentPerClient: (crowded.resident - alone.resident) / clients,
    heapPerClient: (crowded.heap - alone.heap) / clients,
  }
}
