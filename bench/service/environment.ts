import { generateEnvironment } from '../../fixtures/environments/generate.ts'
import type { Flag, Segment } from '../../src/model/flag.ts'
import { SPECIAL_FLAGS, SPECIAL_SEGMENTS } from '../evaluation/special-environment.ts'
import { booleanFlags } from '../field/flags.ts'
import type { ServiceSpec } from './spec.ts'
import { tickFlag } from './tick-flag.ts'

export interface BenchEnvironment {
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
}

export function buildEnvironment({ flags: count, environment }: ServiceSpec): BenchEnvironment {
  if (environment === 'booleans') return { flags: booleanFlags(count), segments: [] }
  const generated = generateEnvironment({ flags: count, segments: Math.ceil(count / 25) })
  const flags = Object.values(generated.flags)
  const segments = Object.values(generated.segments)
  if (environment === 'generated') return { flags, segments }
  return {
    flags: [...flags, ...SPECIAL_FLAGS, tickFlag(flags[0] as Flag, -1)],
    segments: [...segments, ...SPECIAL_SEGMENTS],
  }
}
