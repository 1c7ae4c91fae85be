import type { DataSystemConfig } from '../../src/config/config.ts'
import { DEFAULT_TIMINGS, type Timings } from '../../src/datasystem/parts.ts'
import type { Random } from '../support/random.ts'
import type { Fault } from './weather.ts'

/** A data system to simulate. */
export interface Setup {
  readonly plan: DataSystemConfig
  readonly timings: Timings
  /** What the preferred source is called. */
  readonly preferred: 'streaming' | 'polling'
  readonly alternatives: number
  /** Whether a source may be refused for good, and then not be tried for long (D9). */
  readonly retirable: boolean
  /** Whether the server may order FDv1 (D8). */
  readonly directable: boolean
}

/** Faults after which a source is retired. */
const FOR_GOOD: readonly Fault[] = ['4xx for good', 'redirect', 'redirect away']

const STREAM = { type: 'streaming', baseUri: 'https://stream.sim' } as const
const POLL = { type: 'polling', baseUri: 'https://poll.sim' } as const
const INIT = { type: 'polling', baseUri: 'https://init.sim' } as const

const FDV1 = { baseUri: 'https://fdv1.sim' } as const

const SYNCHRONIZERS = [[STREAM, POLL], [STREAM, POLL], [POLL, STREAM], [STREAM], [POLL]] as const

/** The real durations, or short ones, with which more happens in as many steps. */
const HASTE: readonly Partial<Timings>[] = [
  {},
  { recoveryMs: 30_000 },
  { recoveryMs: 8_000, interruptedMs: 10_000, pollIntervalMs: 10_000 },
]

export function drawSetup(random: Random, faults: readonly Fault[]): Setup {
  const synchronizers = random.pick(SYNCHRONIZERS)
  const initializers = random.chance(0.5) ? [INIT] : []
  const timings = { ...DEFAULT_TIMINGS, ...random.pick(HASTE) }
  const preferred = synchronizers[0] === STREAM ? 'streaming' : 'polling'
  return {
    plan: { initializers, synchronizers, fdv1Fallback: random.chance(0.7) ? FDV1 : null },
    timings,
    preferred,
    alternatives: synchronizers.length - 1,
    retirable: FOR_GOOD.some((fault) => faults.includes(fault)),
    directable: faults.includes('directive') || faults.includes('goodbye to FDv1'),
  }
}
