import { exposed } from '../model/exposed.ts'
import type { Flag } from '../model/flag.ts'
import type { ErrorKind, Evaluation, Reason } from './detail.ts'

export const NO_KEYS: readonly string[] = Object.freeze([])

export const FLAG_NOT_FOUND: Evaluation = failure('FLAG_NOT_FOUND')
export const USER_NOT_SPECIFIED: Evaluation = failure('USER_NOT_SPECIFIED')
export const EXCEPTION: Evaluation = failure('EXCEPTION')
/** A pattern was met, and the engine that tries it is not loaded. */
export const NO_PATTERN_ENGINE: Evaluation = failure('EXCEPTION')

const MALFORMED = failure('MALFORMED_FLAG')

export const OFF: Reason = Object.freeze({ kind: 'OFF' })
export const FALLTHROUGH: Reason = Object.freeze({ kind: 'FALLTHROUGH' })
export const TARGET_MATCH: Reason = Object.freeze({ kind: 'TARGET_MATCH' })

export function malformed(prerequisites: readonly string[]): Evaluation {
  return prerequisites.length === 0 ? MALFORMED : Object.freeze({ ...MALFORMED, prerequisites })
}

/** The variation of that index, or an error when the flag has none. */
export function variation(
  flag: Flag,
  index: unknown,
  reason: Reason,
  prerequisites: readonly string[],
): Evaluation {
  const { variations } = flag
  if (!Array.isArray(variations) || typeof index !== 'number' || !(index in variations)) {
    return malformed(prerequisites)
  }
  const value = exposed(variations[index] as unknown)
  return Object.freeze({ value, variationIndex: index, reason, prerequisites })
}

/** What the flag is when it is off or a prerequisite failed; without an off variation it has no value. */
export function offVariation(flag: Flag, reason: Reason, prerequisites: readonly string[]): Evaluation {
  if (typeof flag.offVariation === 'number') return variation(flag, flag.offVariation, reason, prerequisites)
  return Object.freeze({ value: undefined, variationIndex: null, reason, prerequisites })
}

function failure(errorKind: ErrorKind): Evaluation {
  const reason: Reason = Object.freeze({ kind: 'ERROR', errorKind })
  return Object.freeze({ value: undefined, variationIndex: null, reason, prerequisites: NO_KEYS })
}
