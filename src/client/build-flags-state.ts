import type { Reason } from '../evaluation/detail.ts'
import type { FlagsState } from './flags-state.ts'

/** What the state says of a flag beside its value; members that do not apply are absent. */
export interface FlagMetadata {
  readonly variation?: number
  readonly version?: number
  readonly reason?: Reason
  readonly trackEvents?: true
  readonly trackReason?: true
  readonly debugEventsUntilDate?: number
  readonly prerequisites?: readonly string[]
}

/** One flag in the state. */
export interface FlagEntry {
  readonly value: unknown
  readonly metadata: FlagMetadata
}

/** The state that says there was nothing to evaluate. */
export const INVALID_STATE: FlagsState = buildFlagsState(new Map(), 'invalid')

/** What was evaluated, in the forms people and front ends read it. */
export function buildFlagsState(
  entries: ReadonlyMap<string, FlagEntry>,
  validity: 'valid' | 'invalid' = 'valid',
): FlagsState {
  const valid = validity === 'valid'
  const values = (): Record<string, unknown> => record(entries, ({ value }) => value)
  return {
    valid,
    getFlagValue: (key) => entries.get(key)?.value ?? null,
    getFlagReason: (key) => entries.get(key)?.metadata.reason ?? null,
    allValues: values,
    toJSON: () =>
      Object.assign(values(), {
        $flagsState: record(entries, ({ metadata }) => metadata),
        $valid: valid,
      }),
  }
}

/** An object with an own member for each key, `__proto__` included. */
function record(
  entries: ReadonlyMap<string, FlagEntry>,
  read: (entry: FlagEntry) => unknown,
): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const [key, entry] of entries) {
    const value = read(entry)
    if (key === '__proto__')
      Object.defineProperty(members, key, { value, writable: true, enumerable: true, configurable: true })
    else members[key] = value
  }
  return members
}
