import { askChild } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import type { BenchOptions } from '../options.ts'
import { count } from '../report/format.ts'
import { type Aim, type Cell, cellOf, type Report, standing } from '../report/table.ts'
import { withService } from '../with-service.ts'
import type { Latency, PropagationSpec, Watch } from './measure-propagation.ts'

const MEASUREMENT = new URL('measure-propagation.ts', import.meta.url)
const EVERY_MS = 20

const ms = cellOf(2)
const times = cellOf('ratio')

interface Result {
  readonly flags: number
  readonly watch: Watch
  readonly halyard: Latency
  readonly official: Latency
}

/** Measures from the server's write to the evaluation with the new value, one change at a time. */
export async function benchPropagation({ quick }: BenchOptions, report: Report): Promise<void> {
  const results: Result[] = []
  for (const flags of [100, 10_000]) {
    await withService({ flags, environment: 'special', changes: 0, framing: 'bulk' }, async (url) => {
      for (const watch of ['event', 'spin'] as const) {
        results.push({ flags, watch, ...(await measure(url, watch, quick)) })
      }
    })
  }
  report({
    id: 'propagation',
    title: `propagation: from server write to changed evaluation (ms, a change every ${EVERY_MS} ms)`,
    heading: [
      'flags, seen by',
      ...(['halyard', 'official'] as const).flatMap((name) => [
        `${name} p50`,
        `${name} p99`,
        `${name} first`,
      ]),
      'official/halyard p50',
      'halyard is',
    ],
    rows: results.map(cells),
    aims: results.flatMap(aimsFor),
  })
}

async function measure(
  url: string,
  watch: Watch,
  quick: boolean,
): Promise<Readonly<Record<ClientName, Latency>>> {
  const latencies: Record<ClientName, Latency[]> = { halyard: [], official: [] }
  for (let round = 0; round < (quick ? 3 : 5); round++) {
    for (const name of ['halyard', 'official'] as const) {
      const spec: PropagationSpec = { name, watch, url, ticks: quick ? 120 : 280, everyMs: EVERY_MS }
      latencies[name].push(await askChild<Latency>(MEASUREMENT, spec))
    }
  }
  return { halyard: medians(latencies.halyard), official: medians(latencies.official) }
}

function medians(latencies: readonly Latency[]): Latency {
  return {
    first: median(latencies.map(({ first }) => first)),
    p50: median(latencies.map(({ p50 }) => p50)),
    p99: median(latencies.map(({ p99 }) => p99)),
  }
}

function cells({ flags, watch, halyard, official }: Result): Cell[] {
  return [
    `${count(flags)}, ${watch}`,
    ...[halyard, official].flatMap(({ p50, p99, first }) => [p50, p99, first].map(ms)),
    times(official.p50 / halyard.p50),
    standing(halyard.p50 / official.p50),
  ]
}

/** With few flags both subjects are as fast as the network, so there is no limit. */
function aimsFor({ flags, watch, halyard, official }: Result): Aim[] {
  if (flags < 10_000 || watch !== 'event') return []
  const value = official.p50 / halyard.p50
  const what = `propagation with a listener shorter than official, ${count(flags)} flags, p50`
  return [{ what, value, bound: 'at least', limit: 10, unit: 'x' }]
}
