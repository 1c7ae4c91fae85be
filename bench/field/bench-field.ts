import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '../child.ts'
import type { BenchOptions } from '../options.ts'
import { inTurn, type Rounds } from '../processes/in-turn.ts'
import type { Packages } from '../processes/installed.ts'
import { type ProcessCost, type Program, runProgram } from '../processes/run-program.ts'
import { count } from '../report/format.ts'
import { type Cell, cellOf, type Report, standing, type Table } from '../report/table.ts'
import type { ServiceReady } from '../service/spec.ts'
import { withService } from '../with-service.ts'
import { fieldOf } from './field.ts'
import { flagdFile, keysOf } from './flags.ts'
import type { FieldServiceSpec } from './service.ts'

const SERVICE = new URL('service.ts', import.meta.url)
const FLAGS = 1_000
const MB = 1_024 ** 2

const decimals = cellOf('decimals')

/** Measures imports and starts of Halyard beside other packages for feature flags, with boolean flags. */
export async function benchField(
  { rounds }: BenchOptions,
  report: Report,
  packages: Packages,
): Promise<void> {
  const installed = await packages.installed()
  const imports = fieldOf(installed).map(
    ({ name, folder, packages: names }): Program => ({
      name,
      folder,
      file: 'import',
      variables: { BENCH_PACKAGES: names.join(' ') },
    }),
  )
  report(importTable(await inTurn(imports, rounds, runProgram)))
  const file = join(installed.field, 'flagd.json')
  writeFileSync(file, flagdFile(FLAGS))
  const key = keysOf(FLAGS)[7] ?? ''
  const others = start<ServiceReady>(SERVICE, { flags: FLAGS } satisfies FieldServiceSpec)
  try {
    const { url: othersUrl } = await others.said
    const spec = { flags: FLAGS, environment: 'booleans', changes: 0, framing: 'flushed' } as const
    const measured = await withService(spec, (url) => {
      const program = (file: string, address: string): Program => ({
        name: file,
        folder: file === 'halyard' ? installed.halyard : installed.field,
        file,
        variables: { BENCH_URL: address, BENCH_FLAG: key, BENCH_FILE: join(installed.field, 'flagd.json') },
      })
      const programs = [
        program('halyard', url),
        program('official', url),
        { ...program('growthbook', othersUrl), name: 'GrowthBook' },
        { ...program('unleash', othersUrl), name: 'Unleash' },
        { ...program('flagd', othersUrl), name: 'flagd, from a file' },
      ]
      return inTurn(programs, rounds, runProgram)
    })
    report(startTable(measured))
  } finally {
    await others.stop()
  }
}

const wall = ({ wallMs }: ProcessCost): number => wallMs
const cpu = ({ cpuMs }: ProcessCost): number => cpuMs
const peak = ({ peakBytes }: ProcessCost): number => peakBytes / MB
const importing = ({ importMs }: ProcessCost): number => importMs

function importTable(measured: Rounds<ProcessCost>): Table {
  return {
    id: 'field-import',
    title: 'import of a package for feature flags (ms, MB)',
    heading: [
      'package',
      'import',
      'cpu',
      'peak memory',
      'halyard/it import',
      'halyard/it peak',
      'halyard is',
    ],
    rows: rowsOf(measured, [importing, cpu, peak], importing),
    notes: measured.notes,
  }
}

function startTable(measured: Rounds<ProcessCost>): Table {
  return {
    id: 'field-start',
    title: `whole process to the first value, ${count(FLAGS)} boolean flags (ms, MB)`,
    heading: ['package', 'wall', 'cpu', 'peak memory', 'halyard/it wall', 'halyard/it peak', 'halyard is'],
    rows: rowsOf(measured, [wall, cpu, peak], wall),
    notes: measured.notes,
  }
}

type Measure = (cost: ProcessCost) => number

function rowsOf(measured: Rounds<ProcessCost>, shown: readonly Measure[], main: Measure): readonly Cell[][] {
  return [...measured.costs.keys()].map((name) => {
    const ratio = measured.ratio('halyard', name, main)
    const cells = shown.map((of) => decimals(measured.median(name, of)))
    if (name === 'halyard') return [name, ...cells, '', '', '']
    return [name, ...cells, ratio, measured.ratio('halyard', name, peak), standing(ratio.value)]
  })
}
