import type { Evaluation } from '../evaluation/detail.ts'

/** The answer while there is nothing to evaluate with. */
export const NOT_READY: Evaluation = {
  value: undefined,
  variationIndex: null,
  reason: { kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' },
  prerequisites: [],
}

/** The answer when the database that has the data does not say it. */
export const UNREADABLE: Evaluation = {
  value: undefined,
  variationIndex: null,
  reason: { kind: 'ERROR', errorKind: 'EXCEPTION' },
  prerequisites: [],
}
