import { parseArgs } from 'node:util'

const BENCHMARKS = [
  'start',
  'import',
  'sizes',
  'field',
  'init',
  'deltas',
  'evaluation',
  'events',
  'propagation',
  'stores',
  'relay-start',
  'relay',
  'relay-changes',
  'relay-pings',
  'relay-events',
  'evalx',
] as const

export type BenchmarkName = (typeof BENCHMARKS)[number]

export interface BenchOptions {
  /** Fewer sizes, repetitions and changes: takes a few minutes and is less precise. */
  readonly quick: boolean
  /** Rounds of the benchmarks of whole processes. */
  readonly rounds: number
  /** Names of the benchmarks to run. */
  readonly benchmarks: readonly BenchmarkName[]
  /** Path of another relay, which the benchmarks of relays run in turn. It is configured by the variables of LaunchDarkly's Relay Proxy. */
  readonly beside?: string
  /** File for the results, as JSON. */
  readonly json?: string
}

const USAGE = `usage: npm run bench -- [--quick] [--rounds N] [--only NAME,NAME] [--beside PATH] [--json FILE]
names: ${BENCHMARKS.join(', ')}`

/** Reads the arguments of the command. Throws if one is unknown. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      beside: { type: 'string' },
      json: { type: 'string' },
    },
  })
  const { quick, only, beside, json } = values
  const names: readonly string[] = only?.split(',') ?? BENCHMARKS
  const unknown = names.find((name) => !(BENCHMARKS as readonly string[]).includes(name))
  const rounds = Number(values.rounds ?? (quick ? 5 : 15))
  if (unknown !== undefined) throw new Error(`there is no benchmark ${JSON.stringify(unknown)}\n${USAGE}`)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a number from 1\n${USAGE}`)
  return {
    quick,
    rounds,
    benchmarks: BENCHMARKS.filter((name) => names.includes(name)),
    ...(beside !== undefined && { beside }),
    ...(json !== undefined && { json }),
  }
}
