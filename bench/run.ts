import { benchDeltas } from './deltas.ts'
import { benchEvaluation } from './evaluation/evaluation.ts'
import { benchEvalx } from './evalx/evalx.ts'
import { benchEvents } from './events/events.ts'
import { benchField } from './field/bench-field.ts'
import { benchInit } from './init.ts'
import type { BenchmarkName, BenchOptions } from './options.ts'
import { Packages } from './processes/installed.ts'
import { benchImports, benchStarts } from './processes/starts.ts'
import { benchPropagation } from './propagation/propagation.ts'
import {
  benchRelay,
  benchRelayChanges,
  benchRelayEvents,
  benchRelayPings,
  benchRelayStart,
} from './relay/relay.ts'
import type { Failure, Report, Table } from './report/table.ts'
import { printTable } from './report/terminal.ts'
import { benchSizes } from './sizes/sizes.ts'
import { benchStores } from './stores/stores.ts'

type Benchmark = (options: BenchOptions, report: Report, packages: Packages) => Promise<void>

type Benchmarks = Readonly<Record<BenchmarkName, Benchmark>>

const RUN: Benchmarks = {
  start: benchStarts,
  import: benchImports,
  sizes: benchSizes,
  field: benchField,
  init: benchInit,
  deltas: benchDeltas,
  evaluation: benchEvaluation,
  events: benchEvents,
  propagation: benchPropagation,
  stores: benchStores,
  'relay-start': benchRelayStart,
  relay: benchRelay,
  'relay-changes': benchRelayChanges,
  'relay-pings': benchRelayPings,
  'relay-events': benchRelayEvents,
  evalx: benchEvalx,
}

/** What a run measured, and which benchmarks ended early. */
export interface Measured {
  readonly tables: readonly Table[]
  readonly failures: readonly Failure[]
}

/** Runs benchmarks one after the other, and prints each table when it is complete. A benchmark that fails does not end the others. */
export async function runBenchmarks(options: BenchOptions, run: Benchmarks = RUN): Promise<Measured> {
  const tables: Table[] = []
  const failures: Failure[] = []
  const packages = new Packages()
  const begun = performance.now()
  const report = (table: Table): void => {
    tables.push(table)
    printTable(table)
  }
  for (const name of options.benchmarks) {
    console.log(`\n== ${name} (${Math.round((performance.now() - begun) / 1_000)} s after the start)`)
    try {
      await run[name](options, report, packages)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      console.log(`  FAILED  ${name}: ${reason}`)
      failures.push({ benchmark: name, reason })
    }
  }
  packages.remove()
  return { tables, failures }
}
