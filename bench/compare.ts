import { askChild } from './child.ts'
import type { Cost } from './cost.ts'
import type { MeasurementSpec } from './measurement.ts'
import { median } from './median.ts'
import type { Row } from './plan.ts'
import type { ServiceSpec } from './service/spec.ts'
import type { SubjectName } from './subjects/subject.ts'
import { withService } from './with-service.ts'

/** The median cost of each subject. */
export type Comparison = Readonly<Record<SubjectName, Cost>>

const MEASUREMENT = new URL('measurement.ts', import.meta.url)

/** Measures all subjects in turn, repeatedly, each time in a new process, with one service. */
export async function compare(benchmark: MeasurementSpec['benchmark'], row: Row): Promise<Comparison> {
  const changes = Math.max(...Object.values(row.changes))
  const spec: ServiceSpec = { flags: row.flags, environment: 'generated', changes, framing: row.framing }
  return withService(spec, async (url) => {
    const costs: Record<SubjectName, Cost[]> = { halyard: [], official: [], floor: [] }
    for (let round = 0; round < row.repeats; round++) {
      for (const subject of ['halyard', 'official', 'floor'] as const) {
        const measurement = { benchmark, subject, url, changes: row.changes[subject] }
        costs[subject].push(await askChild<Cost>(MEASUREMENT, measurement))
      }
    }
    return { halyard: medians(costs.halyard), official: medians(costs.official), floor: medians(costs.floor) }
  })
}

function medians(costs: readonly Cost[]): Cost {
  return {
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    turnMs: median(costs.map(({ turnMs }) => turnMs)),
  }
}
