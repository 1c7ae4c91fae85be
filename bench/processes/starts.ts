import type { BenchOptions } from '../options.ts'
import { count } from '../report/format.ts'
import { type Aim, cellOf, type Report, standing, type Table } from '../report/table.ts'
import type { ServiceSpec } from '../service/spec.ts'
import { withService } from '../with-service.ts'
import { inTurn, type Rounds } from './in-turn.ts'
import type { Installed, Packages } from './installed.ts'
import { type ProcessCost, type Program, runProgram } from './run-program.ts'

const FLAG = 'feature-00000'
const MB = 1_024 ** 2

/** The aims of a start by number of flags: relative to the official SDK and to the floor of undici. */
const AIMS: ReadonlyMap<number, { readonly wall: number; readonly peak: number; readonly floor: number }> =
  new Map([
    [100, { wall: 1, peak: 1.15, floor: 1.3 }],
    [1_000, { wall: 0.8, peak: 1, floor: 1.3 }],
    [10_000, { wall: 0.7, peak: 0.9, floor: 1.3 }],
  ])

/** Measures whole processes from their start to the first value. */
export async function benchStarts(
  { rounds }: BenchOptions,
  report: Report,
  packages: Packages,
): Promise<void> {
  const installed = await packages.installed()
  for (const flags of AIMS.keys()) report(await measureStart(installed, flags, rounds))
}

export async function measureStart(installed: Installed, flags: number, rounds: number): Promise<Table> {
  const spec: ServiceSpec = { flags, environment: 'generated', changes: 1, framing: 'flushed' }
  const measured = await withService(spec, (url) =>
    inTurn(startPrograms(installed, { BENCH_URL: url, BENCH_FLAG: FLAG }), rounds, runProgram),
  )
  return startTable(flags, measured)
}

/** Measures processes that import a package and do nothing else. */
export async function benchImports(
  { rounds }: BenchOptions,
  report: Report,
  packages: Packages,
): Promise<void> {
  const programs = importPrograms(await packages.installed())
  report(importTable(await inTurn(programs, rounds, runProgram)))
}

function startPrograms(
  { halyard, field }: Installed,
  variables: Readonly<Record<string, string>>,
): readonly Program[] {
  return [
    { name: 'halyard', folder: halyard, file: 'halyard', variables },
    { name: 'official', folder: field, file: 'official', variables },
    {
      name: 'official, FDv1 stream',
      folder: field,
      file: 'official',
      variables: { ...variables, BENCH_PROTOCOL: 'FDv1' },
    },
    { name: 'undici, GET and parse', folder: field, file: 'undici', variables },
    { name: 'node:http, GET and parse', folder: field, file: 'node-http', variables },
    { name: 'empty process', folder: field, file: 'empty' },
  ]
}

function importPrograms({ halyard, field }: Installed): readonly Program[] {
  const load = (name: string, folder: string, packages: string): Program => ({
    name,
    folder,
    file: 'import',
    variables: { BENCH_PACKAGES: packages },
  })
  return [
    load('halyard', halyard, 'halyard'),
    load('official', field, '@launchdarkly/node-server-sdk'),
    load('undici, whole', field, 'undici'),
    load('node:http', field, 'node:http'),
    { name: 'empty process', folder: field, file: 'empty' },
  ]
}

const wall = ({ wallMs }: ProcessCost): number => wallMs
const cpu = ({ cpuMs }: ProcessCost): number => cpuMs
const peak = ({ peakBytes }: ProcessCost): number => peakBytes / MB
const importing = ({ importMs }: ProcessCost): number => importMs

const ms = cellOf('decimals')

function startTable(flags: number, measured: Rounds<ProcessCost>): Table {
  const aims = AIMS.get(flags)
  const at = `${count(flags)} flags`
  const aim = (what: string, value: number, limit: number): Aim => ({
    what: `${what}, ${at}`,
    value,
    bound: 'at most',
    limit,
    unit: 'x',
  })
  const official = measured.ratio('halyard', 'official', wall).value
  return {
    id: `start-${flags}`,
    title: `whole process to the first value, ${at} (ms, MB)`,
    heading: [
      'program',
      'wall',
      'cpu',
      'peak memory',
      'import',
      'halyard/it wall',
      'halyard/it cpu',
      'halyard/it peak',
      'halyard is',
    ],
    rows: [...measured.costs.keys()].map((name) => {
      const isHalyard = name === 'halyard'
      const cells = [wall, cpu, peak].map((of) => (isHalyard ? '' : measured.ratio('halyard', name, of)))
      return [
        name,
        ...[wall, cpu, peak, importing].map((of) => ms(measured.median(name, of))),
        ...cells,
        name === 'official' ? standing(official) : '',
      ]
    }),
    aims:
      aims === undefined
        ? []
        : [
            aim('start against official, wall', official, aims.wall),
            aim(
              'start against the floor of undici, wall',
              measured.ratio('halyard', 'undici, GET and parse', wall).value,
              aims.floor,
            ),
            aim('peak memory against official', measured.ratio('halyard', 'official', peak).value, aims.peak),
          ],
    notes: measured.notes,
  }
}

function importTable(measured: Rounds<ProcessCost>): Table {
  const official = measured.ratio('halyard', 'official', importing)
  return {
    id: 'import',
    title: 'import alone: of the whole process (ms, MB), and measured inside of it',
    heading: [
      'package',
      'import',
      'wall',
      'cpu',
      'peak memory',
      'halyard/it import',
      'halyard/it cpu',
      'halyard/it peak',
      'halyard is',
    ],
    rows: [...measured.costs.keys()].map((name) => {
      const compared = name === 'official' || name === 'undici, whole'
      const cells = [importing, cpu, peak].map((of) => (compared ? measured.ratio('halyard', name, of) : ''))
      return [
        name,
        ...[importing, wall, cpu, peak].map((of) => ms(measured.median(name, of))),
        ...cells,
        name === 'official' ? standing(official.value) : '',
      ]
    }),
    aims: [{ what: 'import against official', value: official.value, bound: 'at most', limit: 1, unit: 'x' }],
    notes: measured.notes,
  }
}
