import { parseArgs } from 'node:util'

const BENCHMARKS = [
  'init',
  'deltas',
  'evaluation',
  'events',
  'propagation',
  'stores',
  'relay',
  'relay-pings',
  'relay-events',
  'evalx',
] as const

export type BenchmarkName = (typeof BENCHMARKS)[number]

export interface BenchOptions {
  /** Fewer sizes, repetitions and changes: takes a few minutes and is less precise. */
  readonly quick: boolean
  /** Names of the benchmarks to run. */
  readonly benchmarks: readonly BenchmarkName[]
  /** Path of another relay, which `evalx`, `relay-pings` and `relay-events` run in turn. It is configured by the variables of LaunchDarkly's Relay Proxy. */
  readonly beside?: string
}

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      beside: { type: 'string' },
    },
  })
  const { quick, only, beside } = values
  const benchmarks = BENCHMARKS.filter((name) => only === undefined || name === only)
  if (benchmarks.length === 0) {
    throw new Error(`usage: npm run bench -- [--quick] [--only ${BENCHMARKS.join('|')}] [--beside PATH]`)
  }
  return { quick, benchmarks, ...(beside !== undefined && { beside }) }
}
