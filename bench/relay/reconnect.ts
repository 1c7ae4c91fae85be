import { median, quantile } from '../median.ts'
import { count, ratio } from '../report/format.ts'
import { cellOf, type Table } from '../report/table.ts'
import { type Arena, nameOf, withArena } from './arena.ts'
import { forgetPeak, residentOf } from './resident.ts'

export interface ReconnectPlan {
  readonly clients: number
  /** Number of clients that receive a full payload; all clients would need gigabytes. */
  readonly fewClients: number
  readonly flags: number
  readonly repeats: number
}

/** `delta`: clients send their basis. `everything`: they send an unknown basis, as to a relay without a history. */
type Kind = 'delta' | 'everything'

/** Times in milliseconds, the rest in bytes. */
interface Reconnect {
  readonly bytes: number
  readonly halfMs: number
  readonly allMs: number
  readonly cpuMs: number
  readonly idle: number
  readonly peak: number
}

const LIMIT_KB = 5
const UNKNOWN = 'somewhere-else'

const whole = cellOf('count')
const decimals = cellOf('decimals')
const ratioOf = cellOf('ratio')

/** Disconnects all clients while one flag changes; they reconnect at once. */
export async function measureReconnect(plan: ReconnectPlan): Promise<Table> {
  const clients: Readonly<Record<Kind, number>> = { delta: plan.clients, everything: plan.fewClients }
  const results: Record<Kind, Reconnect[]> = { delta: [], everything: [] }
  for (const kind of ['delta', 'everything'] as const) {
    results[kind] = await withArena('relay', plan.flags, (arena) =>
      storms(arena, kind, clients[kind], plan.repeats),
    )
  }
  const of = (kind: Kind, what: keyof Reconnect): number => median(results[kind].map((each) => each[what]))
  const times = (kind: Kind): number => Math.max(...results[kind].map(({ idle, peak }) => peak / idle))
  const excess = of('everything', 'bytes') / of('delta', 'bytes')
  return {
    id: 'relay-reconnect',
    title: `all clients reconnect at once, one of ${count(plan.flags)} flags behind (ms, MB)`,
    heading: [
      'sent',
      'clients',
      'bytes each',
      'half have it',
      'all have it',
      'cpu',
      'idle',
      'peak',
      'peak/idle',
    ],
    rows: (['delta', 'everything'] as const).map((kind) => [
      kind,
      whole(clients[kind]),
      whole(of(kind, 'bytes')),
      ...(['halfMs', 'allMs', 'cpuMs'] as const).map((what) => decimals(of(kind, what))),
      decimals(of(kind, 'idle') / 1024 ** 2),
      decimals(of(kind, 'peak') / 1024 ** 2),
      ratioOf(times(kind)),
    ]),
    notes: [`bytes, everything against delta: ${ratio(excess)}`],
    aims: [
      ...(['delta', 'everything'] as const).map(
        (kind) =>
          ({
            what: `peak memory against idle, ${kind}`,
            value: times(kind),
            bound: 'at most',
            limit: 2,
            unit: 'x',
          }) as const,
      ),
      {
        what: 'bytes for each client, one change',
        value: of('delta', 'bytes') / 1_024,
        bound: 'at most',
        limit: LIMIT_KB,
        unit: 'KB',
      },
    ],
  }
}

async function storms(arena: Arena, kind: Kind, clients: number, repeats: number): Promise<Reconnect[]> {
  const results: Reconnect[] = []
  await arena.join(clients)
  for (let round = 0; round < repeats; round++) results.push(await storm(arena, kind))
  return results
}

async function storm(arena: Arena, kind: Kind): Promise<Reconnect> {
  const { server, state } = arena
  // Memory of the previous round does not count as idle.
  await server.call('heap')
  const idle = residentOf(server.pid).now
  await arena.change(1, 1)
  forgetPeak(server.pid)
  const cpuBefore = await server.call('cpuMs')
  const { at, bytes } = await arena.storm(kind === 'delta' ? nameOf(state) : UNKNOWN)
  const cpuMs = (await server.call('cpuMs')) - cpuBefore
  return {
    bytes: Math.max(...bytes),
    halfMs: quantile(at, 0.5),
    allMs: Math.max(...at),
    cpuMs,
    idle,
    peak: residentOf(server.pid).peak,
  }
}
