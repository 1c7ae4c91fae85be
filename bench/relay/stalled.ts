import { median, quantile } from '../median.ts'
import { count } from '../report/format.ts'
import { cellOf, type Table } from '../report/table.ts'
import { type Arena, withArena } from './arena.ts'

export interface StalledPlan {
  readonly clients: number
  readonly flags: number
  readonly changes: number
  readonly repeats: number
}

const EVERY_MS = 100

const decimals = cellOf('decimals')

/** Milliseconds until a client had a change, over all clients that read. */
interface Latency {
  readonly p50: number
  readonly p99: number
}

/** Measures other clients beside one that requests a full payload and does not read. */
export async function measureStalled(plan: StalledPlan): Promise<Table> {
  const without: Latency[] = []
  const beside: Latency[] = []
  await withArena('relay', plan.flags, async (arena) => {
    await arena.join(plan.clients - 1)
    await arena.change(10, EVERY_MS)
    for (let round = 0; round < plan.repeats; round++) {
      without.push(await latency(arena, plan))
      await arena.stall()
      beside.push(await latency(arena, plan))
      await arena.relieve()
    }
  })
  const rows = [
    ['alone', without],
    ['beside one that does not', beside],
  ] as const
  return {
    id: 'relay-stalled',
    title: `one change to ${count(plan.clients - 1)} streams that read (ms, of ${plan.repeats} rounds)`,
    heading: ['streams', 'p50', 'p99', 'best p99'],
    rows: rows.map(([name, latencies]) => [
      name,
      decimals(median(latencies.map(({ p50 }) => p50))),
      decimals(median(latencies.map(({ p99 }) => p99))),
      decimals(bestP99(latencies)),
    ]),
    aims: [
      {
        what: 'p99 beside one that does not read, against alone, best rounds',
        value: bestP99(beside) / bestP99(without),
        bound: 'at most',
        limit: 1.5,
        unit: 'x',
      },
    ],
  }
}

/** Other load of the machine can only increase the 99th percentile, so the best round counts. */
function bestP99(latencies: readonly Latency[]): number {
  return Math.min(...latencies.map(({ p99 }) => p99))
}

async function latency(arena: Arena, { changes }: StalledPlan): Promise<Latency> {
  const took = (await arena.change(changes, EVERY_MS)).flat()
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) }
}
