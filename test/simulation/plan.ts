import type { DataSystemConfig } from '../../src/config/config.ts'
import { DEFAULT_TIMINGS, type Timings } from '../../src/datasystem/parts.ts'
import type { Random } from '../support/random.ts'
import type { Fault } from './faults.ts'

/** The configuration of a simulated data system. */
export interface Setup {
  readonly plan: DataSystemConfig
  readonly timings: Timings
  /** Name of the preferred source. */
  readonly preferred: 'streaming' | 'polling'
  readonly alternatives: number
  /** True if a source may fail permanently and be retired (D9). */
  readonly retirable: boolean
  /** True if the server may order FDv1 (D8). */
  readonly directable: boolean
}

/** Faults after which a source is retired. */
const PERMANENT: readonly Fault[] = ['permanent 4xx', 'redirect', 'redirect away']

const STREAM = { type: 'streaming', baseUri: 'https://stream.sim' } as const
const POLL = { type: 'polling', baseUri: 'https://poll.sim' } as const
const INIT = { type: 'polling', baseUri: 'https://init.sim' } as const

const FDV1 = { baseUri: 'https://fdv1.sim' } as const

const SYNCHRONIZERS = [[STREAM, POLL], [STREAM, POLL], [POLL, STREAM], [STREAM], [POLL]] as const

/** The default durations, or shorter ones, with which more events fit into a run. */
const TIMINGS: readonly Partial<Timings>[] = [
  {},
  { recoveryMs: 30_000 },
  { recoveryMs: 8_000, interruptedMs: 10_000, pollIntervalMs: 10_000 },
]

export function drawSetup(random: Random, faults: readonly Fault[]): Setup {
  const synchronizers = random.pick(SYNCHRONIZERS)
  const initializers = random.chance(0.5) ? [INIT] : []
  const timings = { ...DEFAULT_TIMINGS, ...random.pick(TIMINGS) }
  const preferred = synchronizers[0] === STREAM ? 'streaming' : 'polling'
  return {
    plan: { initializers, synchronizers, fdv1Fallback: random.chance(0.7) ? FDV1 : null },
    timings,
    preferred,
    alternatives: synchronizers.length - 1,
    retirable: PERMANENT.some((fault) => faults.includes(fault)),
    directable: faults.includes('directive') || faults.includes('goodbye to FDv1'),
  }
}
