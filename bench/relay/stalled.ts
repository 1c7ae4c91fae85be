import { median, quantile } from '../median.ts'
import { count, decimals, printTable } from '../table.ts'
import { printTargets } from '../targets.ts'
import { type Arena, withArena } from './arena.ts'

export interface StalledPlan {
  readonly clients: number
  readonly flags: number
  readonly changes: number
  readonly repeats: number
}

const EVERY_MS = 100

/** Milliseconds until a client had a change, over all that read. */
interface Latency {
  readonly p50: number
  readonly p99: number
}

/** One client that asks for everything and does not read, among others. */
export async function benchStalled(plan: StalledPlan): Promise<void> {
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
  const of = (latencies: readonly Latency[], what: keyof Latency): number =>
    median(latencies.map((each) => each[what]))
  printTable(`one change to ${count(plan.clients - 1)} streams that read (ms)`, [
    ['', 'p50', 'p99'],
    ['alone', decimals(of(without, 'p50')), decimals(of(without, 'p99'))],
    ['beside one that does not', decimals(of(beside, 'p50')), decimals(of(beside, 'p99'))],
  ])
  printTargets([
    {
      what: 'p99 beside one that does not read, against alone',
      value: of(beside, 'p99') / of(without, 'p99'),
      bound: 'at most',
      limit: 1.5,
      unit: 'x',
    },
  ])
}

async function latency(arena: Arena, { changes }: StalledPlan): Promise<Latency> {
  const took = (await arena.change(changes, EVERY_MS)).flat()
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) }
}
