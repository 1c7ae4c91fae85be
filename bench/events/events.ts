import { askChild, start } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import type { BenchOptions } from '../options.ts'
import { type Aim, cellOf, type Report, standing, type Table } from '../report/table.ts'
import { withService } from '../with-service.ts'
import { EVENT_CASES } from './cases.ts'
import type { EventsCosts, EventsLatency, EventsSpec } from './measure-events.ts'
import type { SinkReady } from './sink.ts'

const MEASUREMENT = new URL('measure-events.ts', import.meta.url)
const SINK = new URL('sink.ts', import.meta.url)
const FLAGS = 10_000
const NAMES = ['halyard', 'official'] as const
const SERVICES = ['fast', 'slow', 'dead'] as const
const SLOW_MS = 3_000
const HEAP_LIMIT_MB = 2

type Service = (typeof SERVICES)[number]
type Rounds<Measured> = Readonly<Record<ClientName, readonly Measured[]>>

interface Row {
  readonly what: string
  readonly halyard: readonly number[]
  readonly official: readonly number[]
  readonly digits: number
}

/** Measures clients that send events to a service in a process of its own. */
export function benchEvents({ quick }: BenchOptions, report: Report): Promise<void> {
  const spec = { flags: FLAGS, environment: 'special', changes: 0, framing: 'bulk' } as const
  return withService(spec, async (url) => {
    await withSink(0, async (fast) => {
      report(
        costsTable(
          await rounds(quick ? 3 : 7, (name) =>
            ask<EventsCosts>({ name, url, eventsUrl: fast, measure: 'costs' }),
          ),
        ),
      )
      await withSink(SLOW_MS, async (slow) => {
        const urls: Readonly<Record<Service, string>> = { fast, slow, dead: await unusedAddress() }
        report(
          latencyTable(
            await rounds(quick ? 2 : 5, async (name) => {
              const p99: Record<Service, number> = { fast: 0, slow: 0, dead: 0 }
              for (const service of SERVICES) {
                const measured = { name, url, eventsUrl: urls[service], measure: 'latency' } as const
                p99[service] = (await ask<EventsLatency>(measured)).p99Ms
              }
              return p99
            }),
          ),
        )
      })
    })
  })
}

function ask<Measured>(spec: EventsSpec): Promise<Measured> {
  return askChild<Measured>(MEASUREMENT, spec)
}

async function rounds<Measured>(
  count: number,
  measure: (name: ClientName) => Promise<Measured>,
): Promise<Rounds<Measured>> {
  const measured: Record<ClientName, Measured[]> = { halyard: [], official: [] }
  for (let round = 0; round < count; round++) {
    for (const name of NAMES) measured[name].push(await measure(name))
  }
  return measured
}

function costsTable({ halyard, official }: Rounds<EventsCosts>): Table {
  const row = (what: string, digits: number, of: (costs: EventsCosts) => number): Row => ({
    what,
    digits,
    halyard: halyard.map(of),
    official: official.map(of),
  })
  const rates = EVENT_CASES.map(({ name }, index) =>
    row(`${name}, M evaluations/s`, 2, ({ perSecond }) => (perSecond[index] ?? Number.NaN) / 1e6),
  )
  const cpu = row('CPU of 10,000 evaluations, ms', 1, ({ cpuMs }) => cpuMs)
  const heap = row('heap after 100,000 contexts, MB', 2, ({ heapBytes }) => heapBytes / 1e6)
  const limits: readonly Aim[] = EVENT_CASES.map(({ name, limit }, index) => ({
    what: `${name}, events on, faster than official`,
    value: medianRatio(rates[index] as Row),
    bound: 'at least',
    limit,
    unit: 'x',
  }))
  const rows = [...rates, cpu, heap]
  return table({
    id: 'events',
    title: 'evaluation with events, as a promise, and their delivery',
    rows,
    aims: [
      ...limits,
      {
        what: 'CPU including delivery against official',
        value: medianRatio(cpu),
        bound: 'at most',
        limit: 0.5,
        unit: 'x',
      },
      {
        what: 'heap after 100,000 contexts',
        value: median(heap.halyard),
        bound: 'at most',
        limit: HEAP_LIMIT_MB,
        unit: 'MB',
      },
    ],
  })
}

function latencyTable({ halyard, official }: Rounds<Readonly<Record<Service, number>>>): Table {
  const rows = SERVICES.map(
    (service): Row => ({
      what: `p99 of an evaluation, ${service} events service, us`,
      halyard: halyard.map((p99) => p99[service] * 1_000),
      official: official.map((p99) => p99[service] * 1_000),
      digits: 1,
    }),
  )
  const [fast = Number.NaN, ...others] = rows.map((row) => median(row.halyard))
  const title = `evaluation while the events service answers at once, after ${SLOW_MS} ms, or not at all`
  return table({
    id: 'events-latency',
    title,
    rows,
    aims: others.map((value, index) => ({
      what: `p99 with a ${SERVICES[index + 1]} events service against a fast one`,
      value: value / fast,
      bound: 'at most',
      limit: 1.2,
      unit: 'x',
    })),
  })
}

function table({
  id,
  title,
  rows,
  aims,
}: Pick<Table, 'id' | 'title' | 'aims'> & { readonly rows: readonly Row[] }): Table {
  return {
    id,
    title,
    heading: ['measure', 'halyard', 'official', 'halyard/official', 'halyard is'],
    rows: rows.map((row) => {
      const ratios = ratiosOf(row)
      const value = median(ratios)
      const show = cellOf(row.digits)
      return [
        row.what,
        show(median(row.halyard)),
        show(median(row.official)),
        { value, low: Math.min(...ratios), high: Math.max(...ratios), form: 'ratio' },
        // More evaluations per second are better, less of everything else.
        standing(row.what.endsWith('/s') ? 1 / value : value),
      ]
    }),
    ...(aims && { aims }),
    notes: ['In brackets: the lowest and the highest round.'],
  }
}

/** Returns the ratio of each round. */
function ratiosOf({ halyard, official }: Row): readonly number[] {
  return halyard.map((value, round) => value / (official[round] ?? Number.NaN))
}

function medianRatio(row: Row): number {
  return median(ratiosOf(row))
}

async function withSink<T>(answerAfterMs: number, work: (url: string) => Promise<T>): Promise<T> {
  const sink = start<SinkReady>(SINK, { answerAfterMs })
  try {
    return await work((await sink.said).url)
  } finally {
    await sink.stop()
  }
}

/** Returns an address at which connections are refused. */
function unusedAddress(): Promise<string> {
  return withSink(0, (url) => Promise.resolve(url))
}
