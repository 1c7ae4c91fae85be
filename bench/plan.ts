import type { SubjectName } from './subjects/subject.ts'

/**
 * Framing of a burst. `bulk`: large HTTP chunks, as from a server with a backlog or behind a proxy that collects. `flushed`: one chunk per
 * change. The official SDK searches each chunk again for every line, so it is many times slower with `bulk`; both are shown.
 */
export type Framing = 'bulk' | 'flushed'

/** One row: number of flags, repetitions, changes, and framing. */
export interface Row {
  readonly flags: number
  readonly framing: Framing
  readonly repeats: number
  readonly changes: Readonly<Record<SubjectName, number>>
}

export function initRows(quick: boolean): readonly Row[] {
  const sizes = quick
    ? ([
        [100, 5],
        [1_000, 5],
        [10_000, 3],
      ] as const)
    : ([
        [100, 9],
        [1_000, 9],
        [10_000, 7],
        [50_000, 3],
      ] as const)
  const changes = { halyard: 0, official: 0, floor: 0 }
  return sizes.map(([flags, repeats]) => ({ flags, framing: 'bulk', repeats, changes }))
}

/** The official SDK gets fewer changes, so that a row takes seconds instead of minutes. */
export function deltaRows(quick: boolean): readonly Row[] {
  const rows = quick
    ? ([
        [100, 'bulk', 3, 2_000],
        [1_000, 'bulk', 3, 2_000],
        [10_000, 'bulk', 3, 200],
        [100, 'flushed', 3, 5_000],
        [1_000, 'flushed', 3, 2_000],
      ] as const)
    : ([
        [100, 'bulk', 3, 5_000],
        [1_000, 'bulk', 5, 5_000],
        [10_000, 'bulk', 5, 500],
        [50_000, 'bulk', 3, 100],
        [100, 'flushed', 3, 20_000],
        [1_000, 'flushed', 3, 10_000],
      ] as const)
  const many = quick ? 20_000 : 100_000
  return rows.map(([flags, framing, repeats, official]) => ({
    flags,
    framing,
    repeats,
    changes: { halyard: many, floor: many, official },
  }))
}
