import type { Flag } from '../../src/model/flag.ts'
import { TICK_KEY } from './spec.ts'

/** A flag of average size that is evaluated fast, because it is off. */
export function tickFlag(model: Flag, index: number): Flag {
  return { ...model, key: TICK_KEY, version: 1_000 + index, on: false, offVariation: 0, variations: [index] }
}
