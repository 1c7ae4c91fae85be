import type { Kind } from '../../model/change-set.ts'

/** Texts of rows as bytes: slices of the file that was read, or what is to be written in their place. */
export type Rows = Readonly<Record<Kind, ReadonlyMap<string, Buffer>>>

/** What a file says beside its rows. */
export interface Facts {
  /** Milliseconds since the Unix epoch, by the writer's clock. */
  readonly savedAt: number
  /** Whether a full write was finished. */
  readonly marker: boolean
  /** The greatest fence of any write; 0 where there was none. */
  readonly fence: number
  readonly sidecar?: string
}

/** What a file holds. */
export interface Saved extends Facts {
  readonly rows: Rows
}

export const NOTHING: Saved = {
  savedAt: 0,
  marker: false,
  fence: 0,
  rows: { flag: new Map(), segment: new Map() },
}
