import { start } from './child.ts'
import type { Cost } from './cost.ts'
import type { MeasurementSpec } from './measurement.ts'
import type { Row } from './plan.ts'
import type { ServiceReady, ServiceSpec } from './service/spec.ts'
import type { SubjectName } from './subjects/subject.ts'

/** The median cost of each subject. */
export type Comparison = Readonly<Record<SubjectName, Cost>>

const SERVICE = new URL('service/main.ts', import.meta.url)
const MEASUREMENT = new URL('measurement.ts', import.meta.url)

/** Measures every subject in turn, and again, each time in a fresh process, against one service. */
export async function compare(benchmark: MeasurementSpec['benchmark'], row: Row): Promise<Comparison> {
  const changes = Math.max(...Object.values(row.changes))
  const spec: ServiceSpec = { flags: row.flags, changes, framing: row.framing }
  const service = start<ServiceReady>(SERVICE, spec)
  try {
    const { url } = await service.said
    const costs: Record<SubjectName, Cost[]> = { halyard: [], official: [], floor: [] }
    for (let round = 0; round < row.repeats; round++) {
      for (const subject of ['halyard', 'official', 'floor'] as const) {
        const measurement = { benchmark, subject, url, changes: row.changes[subject] }
        costs[subject].push(await measure(measurement))
      }
    }
    return { halyard: medians(costs.halyard), official: medians(costs.official), floor: medians(costs.floor) }
  } finally {
    await service.stop()
  }
}

async function measure(spec: MeasurementSpec): Promise<Cost> {
  const child = start<Cost>(MEASUREMENT, spec)
  try {
    return await child.said
  } finally {
    await child.stop()
  }
}

function medians(costs: readonly Cost[]): Cost {
  return {
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    turnMs: median(costs.map(({ turnMs }) => turnMs)),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
