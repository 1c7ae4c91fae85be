import { type Change, type DeleteChange, type ItemLookup, isKind, ReceivedPut } from '../model/change-set.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import { isTooDeep } from '../model/nesting.ts'
import type { IntentCode } from './events.ts'
import { applyOperations } from './patch.ts'

/** The fault of a known event whose data does not have the shape that the protocol requires. */
export interface Malformed {
  readonly malformed: string
}

export type LeftOut = 'unknown kind' | 'null object' | 'too deep'

/** Returns the intent of the first payload. The protocol reserves further payloads. */
export function readIntent(data: JsonObject): IntentCode | Malformed {
  const payload: unknown = Array.isArray(data.payloads) ? data.payloads[0] : undefined
  if (!isJsonObject(payload)) return { malformed: 'it has no payload' }
  switch (payload.intentCode) {
    case 'xfer-full':
    case 'xfer-changes':
    case 'none':
      return payload.intentCode
    default:
      return { malformed: 'its intentCode is unknown' }
  }
}

/** Returns the change of a put. Objects of unknown kinds and `null` are left out (D13). A put of a tombstone is a delete. */
export function readPut(data: JsonObject): Change | Malformed | LeftOut {
  const { kind, key, version, object } = data
  const fault = envelopeFault(kind, key, version)
  if (fault) return fault
  if (!isKind(kind)) return 'unknown kind'
  if (object === null) return 'null object'
  if (!isJsonObject(object)) return { malformed: 'its object is not an object' }
  const own = isFiniteNumber(object.version) ? object.version : (version as number)
  if (object.deleted === true) return { op: 'delete', kind, key: key as string, version: own }
  return new ReceivedPut(kind, { key: key as string, version: own, object })
}

/** Returns the change of a patch: the patched object, as if it had been sent by a put (D19). */
export function readPatch(data: JsonObject, held: ItemLookup): Change | Malformed | LeftOut {
  const { kind, key, version, patch } = data
  const fault = envelopeFault(kind, key, version)
  if (fault) return fault
  if (!isKind(kind)) return 'unknown kind'
  // The patch library visits values recursively.
  if (isTooDeep(patch)) return 'too deep'
  const before = held(kind, key as string)
  if (!before) return { malformed: 'the object that it patches is not held' }
  const patched = applyOperations(before, patch)
  if (patched.type === 'failed') return { malformed: `its patch does not apply: ${patched.reason}` }
  return readPut({ kind, key, version, object: patched.object })
}

export function readDelete(data: JsonObject): DeleteChange | Malformed | LeftOut {
  const { kind, key, version } = data
  const fault = envelopeFault(kind, key, version)
  if (fault) return fault
  return isKind(kind)
    ? { op: 'delete', kind, key: key as string, version: version as number }
    : 'unknown kind'
}

export function readTransferred(
  data: JsonObject,
): { readonly state: string; readonly version: number } | Malformed {
  const { state, version } = data
  // A lone surrogate cannot be encoded in a URL, so such a state could not be used as a basis.
  if (typeof state !== 'string' || !state.isWellFormed()) return { malformed: 'its state is not a string' }
  if (!isFiniteNumber(version)) return { malformed: 'its version is not a number' }
  return { state, version }
}

function envelopeFault(kind: unknown, key: unknown, version: unknown): Malformed | undefined {
  if (typeof kind !== 'string') return { malformed: 'its kind is not a string' }
  if (typeof key !== 'string') return { malformed: 'its key is not a string' }
  if (!isFiniteNumber(version)) return { malformed: 'its version is not a number' }
  return undefined
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
