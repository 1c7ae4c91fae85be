import type { Flag, Segment } from '../model/flag.ts'

/** All evaluation knows of where data is. Synchronous, and never throws. */
export interface FlagReader {
  flag(key: string): Flag | undefined
  segment(key: string): Segment | undefined
}
