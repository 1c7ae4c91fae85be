import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { applicationWithStore, fieldOf } from '../field/field.ts'
import type { BenchOptions } from '../options.ts'
import type { Installed, Packages } from '../processes/installed.ts'
import { runProgram } from '../processes/run-program.ts'
import { type Cell, cellOf, type Report, standing, type Table } from '../report/table.ts'
import { bundle, type Chunk, type Size, sum } from './bundle.ts'
import { sizeOfPackage, sizeWithDependencies } from './installed-size.ts'

const KB = 1_024
const STORES = ['redis', 'dynamodb', 'consul'] as const
const NONE: Size = { minified: 0, gzipped: 0 }

/** Chunks whose name is not that of their content. */
const CHUNKS: Readonly<Record<string, string>> = { browser: 'YAML files', pattern: 'patterns (RE2)' }

const whole = cellOf('count')
const decimals = cellOf('decimals')

/** Measures bundles, installed packages and the tarball. */
export async function benchSizes(_options: BenchOptions, report: Report, packages: Packages): Promise<void> {
  const installed = await packages.installed()
  report(await bundleTable(installed))
  report(await installTable(installed))
}

async function bundleTable(installed: Installed): Promise<Table> {
  const [halyard, ...others] = await Promise.all(
    fieldOf(installed).map(async ({ name, folder, application }) => ({
      name,
      made: await bundle(folder, application),
    })),
  )
  if (halyard === undefined) throw new Error('there is no bundle of Halyard')
  const { start, onDemand } = halyard.made
  const withUndici = sum([start, ...onDemand.filter(isUndici)])
  const official = others[0]?.made.start ?? NONE
  const row = (name: string, { minified, gzipped }: Size, word = ''): Cell[] => [
    name,
    decimals(minified / KB),
    decimals(gzipped / KB),
    word,
  ]
  const compared = (name: string, size: Size): Cell[] =>
    row(name, size, standing(withUndici.gzipped / size.gzipped))
  return {
    id: 'bundle',
    title: 'minified bundle of an application that only creates a client (KB)',
    heading: ['bundle', 'minified', 'gzipped', 'halyard with undici is'],
    rows: [
      row('halyard, core', start),
      row('halyard, with undici', withUndici),
      ...onDemand
        .filter((chunk) => !isUndici(chunk))
        .map((chunk) => row(`halyard, on demand: ${CHUNKS[chunk.name] ?? chunk.name}`, chunk)),
      ...(await Promise.all(
        STORES.map(async (store) => {
          const made = await bundle(installed.halyard, applicationWithStore(store))
          return row(`halyard, added by the store: ${store}`, difference(made.start, start))
        }),
      )),
      ...others.map(({ name, made }) => compared(name, sum([made.start, ...made.onDemand]))),
    ],
    aims: [
      {
        what: 'bundle without undici, gzipped',
        value: start.gzipped / KB,
        bound: 'at most',
        limit: 55,
        unit: 'KB',
      },
      {
        what: 'bundle with undici, gzipped',
        value: withUndici.gzipped / KB,
        bound: 'at most',
        limit: 220,
        unit: 'KB',
      },
      {
        what: 'bundle without undici against official, gzipped',
        value: start.gzipped / official.gzipped,
        bound: 'at most',
        limit: 1,
        unit: 'x',
      },
    ],
  }
}

function isUndici({ name }: Chunk): boolean {
  return name.includes('undici')
}

function difference(one: Size, other: Size): Size {
  return { minified: one.minified - other.minified, gzipped: one.gzipped - other.gzipped }
}

async function installTable(installed: Installed): Promise<Table> {
  const rows = await Promise.all(
    fieldOf(installed).map(async ({ name, folder, packages }): Promise<Cell[]> => {
      const own = packages.map((each) => sizeOfPackage(folder, each))
      const all = sizeWithDependencies(folder, packages)
      const variables = { BENCH_PACKAGES: packages.join(' ') }
      const { modules } = await runProgram({ name, folder, file: 'modules', variables })
      return [
        name,
        whole(own.reduce((total, { files }) => total + files, 0)),
        whole(own.reduce((total, { bytes }) => total + bytes, 0) / KB),
        whole(all.packages),
        whole(all.files),
        whole(all.bytes / KB),
        whole(modules),
      ]
    }),
  )
  const files = execFileSync('tar', ['-tzf', installed.tarball], { encoding: 'utf8' }).trim().split('\n')
  return {
    id: 'install',
    title: 'installed packages (KB), and the files that an import loads',
    heading: [
      'package',
      'own files',
      'own KB',
      'packages with dependencies',
      'all files',
      'all KB',
      'files loaded by import',
    ],
    rows,
    notes: [
      `Halyard's tarball: ${files.length} files, ${Math.round(statSync(installed.tarball).size / KB)} KB.`,
    ],
    aims: [{ what: 'tarball', value: files.length, bound: 'at most', limit: 79, unit: 'files' }],
  }
}
