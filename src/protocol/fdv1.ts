import { type Change, type FullChangeSet, type ItemKind, KINDS, ReceivedPut } from '../model/change-set.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import type { Decoded, Violation } from './decoder.ts'
import type { Malformed } from './read-event.ts'

/** The endpoints of FDv1, which sends all data under `/` or one object under its path, without selectors or transactions. */
export const FDV1_PATHS = { poll: '/sdk/latest-all', stream: '/all' } as const

const COLLECTIONS: Readonly<Record<string, ItemKind>> = { flags: 'flag', segments: 'segment' }

/** Returns `{ flags, segments }` as a full change set without a selector. */
export function readAll(data: unknown): FullChangeSet | Malformed {
  if (!isJsonObject(data)) return { malformed: 'it is not an object' }
  // An object without flags is the answer of another service, not an empty environment.
  if (!('flags' in data)) return { malformed: 'it holds no flags' }
  const changes: Change[] = []
  for (const [name, kind] of Object.entries(COLLECTIONS)) {
    const objects = data[name] ?? {}
    if (!isJsonObject(objects)) return { malformed: `its ${name} are not an object` }
    for (const [key, object] of Object.entries(objects)) {
      if (object === null) continue
      if (!isJsonObject(object)) return { malformed: `its ${name} hold something that is not an object` }
      changes.push(changeOf(kind, key, object))
    }
  }
  return { type: 'full', changes }
}

/** Returns the change for an object. A tombstone becomes a delete with its version, so that older changes are ignored. */
function changeOf(kind: ItemKind, key: string, object: JsonObject): Change {
  const version = versionOf(object)
  return object.deleted === true
    ? { op: 'delete', kind, key, version }
    : new ReceivedPut(kind, { key, version, object })
}

function versionOf({ version }: JsonObject): number {
  return typeof version === 'number' && Number.isFinite(version) ? version : 1
}

function readPath(path: unknown): { readonly kind: ItemKind; readonly key: string } | 'unknown' {
  const match = typeof path === 'string' ? /^\/([^/]*)\/([\s\S]*)$/.exec(path) : null
  const kind = match?.[1] === 'flags' ? 'flag' : match?.[1] === 'segments' ? 'segment' : undefined
  return kind && match ? { kind, key: match[2] as string } : 'unknown'
}

/** Returns the change of a `patch` or `delete` event; `undefined` if its path names no flag or segment. */
export function readChange(event: 'patch' | 'delete', data: unknown): Change | Malformed | undefined {
  if (!isJsonObject(data)) return { malformed: 'its data is not an object' }
  if (typeof data.path !== 'string') return { malformed: 'it has no path' }
  const target = readPath(data.path)
  if (target === 'unknown') return undefined
  if (event === 'delete') {
    if (!Number.isFinite(data.version)) return { malformed: 'its version is not a number' }
    return { op: 'delete', ...target, version: data.version as number }
  }
  if (!isJsonObject(data.data)) return { malformed: 'its data is not an object' }
  return changeOf(target.kind, target.key, data.data)
}

const IGNORED: Decoded = { type: 'ignored' }

/**
 * Decodes the events of one FDv1 connection, one change set per event. FDv1 can repeat events out of order, so an event whose
 * version is not greater than the last one of the same key is dropped (D11).
 */
export class Fdv1Decoder {
  readonly #versions: Readonly<Record<ItemKind, Map<string, number>>> = {
    flag: new Map(),
    segment: new Map(),
  }
  #begun = false

  get transferring(): boolean {
    return !this.#begun
  }

  decodeText(event: string, text: string): Decoded {
    if (event !== 'put' && event !== 'patch' && event !== 'delete') return IGNORED
    let data: unknown
    try {
      data = JSON.parse(text)
    } catch {
      return violation(event, 'its data is not JSON')
    }
    return event === 'put' ? this.#put(data) : this.#change(event, data)
  }

  #put(data: unknown): Decoded {
    const changeSet = readAll((data as { readonly data?: unknown } | null)?.data)
    if ('malformed' in changeSet) return violation('put', changeSet.malformed)
    this.#begun = true
    for (const kind of KINDS) this.#versions[kind].clear()
    for (const change of changeSet.changes) this.#remember(change)
    return { type: 'changeSet', changeSet }
  }

  #change(event: 'patch' | 'delete', data: unknown): Decoded {
    const change = readChange(event, data)
    if (!change) return IGNORED
    if ('malformed' in change) return violation(event, change.malformed)
    if (!this.#begun) return violation(event, 'it came before the first put', change.key)
    const known = this.#versions[change.kind].get(change.key)
    if (known !== undefined && known >= change.version) return IGNORED
    this.#remember(change)
    return { type: 'changeSet', changeSet: { type: 'partial', changes: [change] } }
  }

  #remember({ kind, key, version }: Change): void {
    this.#versions[kind].set(key, version)
  }
}

export function* decodeFdv1Body(text: string): Generator<Decoded> {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return yield violation('poll', text === '' ? 'the body is empty' : 'the body is not JSON')
  }
  const changeSet = readAll(data)
  yield 'malformed' in changeSet ? violation('poll', changeSet.malformed) : { type: 'changeSet', changeSet }
}

function violation(event: string, message: string, key?: string): Violation {
  return { type: 'violation', event, message, ...(key !== undefined && { key }) }
}
