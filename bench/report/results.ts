import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Failure, Table } from './table.ts'

const root = join(import.meta.dirname, '../..')

/** The content of `docs/benchmarks.json`. */
export interface Results {
  /** The day of the run, such as `2026-11-30`. */
  readonly date: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly platform: string
    readonly node: string
  }
  /** Versions of the packages and programs that were measured. */
  readonly versions: Readonly<Record<string, string>>
  readonly tables: readonly Table[]
  readonly failures: readonly Failure[]
}

/** Writes the results of a run, with the machine and the versions. */
export async function writeResults(
  path: string,
  measured: Pick<Results, 'tables' | 'failures'>,
  more: Readonly<Record<string, string>> = {},
): Promise<Results> {
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      platform: `${process.platform} ${process.arch}`,
      node: process.versions.node,
    },
    versions: { ...versions(), ...more },
    ...measured,
  }
  const text = JSON.stringify(results, rounded, 1)
  // A cell on a line of its own keeps changes of the file readable.
  await writeFile(
    path,
    `${text.replaceAll(/\{\s+"value"[^{}]*\}/g, (cell) => cell.replaceAll(/\s+/g, ' '))}\n`,
  )
  return readResults(path)
}

export async function readResults(path: string): Promise<Results> {
  return JSON.parse(await readFile(path, 'utf8')) as Results
}

/** Returns the versions of Halyard and of the packages of `bench/field`. */
function versions(): Readonly<Record<string, string>> {
  const read = (path: string): { version: string; dependencies: Record<string, string> } =>
    JSON.parse(readFileSync(join(root, path), 'utf8'))
  return { halyard: read('package.json').version, ...read('bench/field/package.json').dependencies }
}

/** Returns numbers with five significant digits. JSON has no `NaN`, which becomes `null`. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
