import fjp from 'fast-json-patch'
import { isEqual, isJsonObject, type JsonObject } from '../model/json.ts'
import { checkPointer, PointerError } from './pointer.ts'

/** One step of a JSON Patch (RFC 6902), of the kinds {@link diff} needs. */
export type Operation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

export type Patched =
  | { readonly type: 'patched'; readonly object: JsonObject }
  | { readonly type: 'failed'; readonly reason: string }

/** More steps than this are refused: they save nothing worth the work, on either side. */
export const MOST_OPERATIONS = 1_000

/** What lies deeper is replaced whole. */
const DEEPEST = 64

/** Where no patch may reach, because the way to a prototype leads through it. */
const FORBIDDEN = /\/(__proto__|constructor\/prototype)(\/|$)/

/**
 * The steps that make one object of the other; none where they are equal. Both must be as `JSON.parse` makes them, and
 * stay unchanged: the steps refer to parts of `after`. `undefined` where a patch is not the way: the object is to be
 * sent whole then, and also where the patch is no shorter, which is for the caller to see.
 */
export function diff(before: object, after: object): readonly Operation[] | undefined {
  const operations: Operation[] = []
  for (const operation of changes(before, after, '', 0)) {
    // One is left for a test of what they are meant for.
    if (operations.length === MOST_OPERATIONS - 1 || FORBIDDEN.test(operation.path)) return undefined
    operations.push(operation)
  }
  return operations
}

/**
 * Returns the object after a patch from the wire. What is given stays as it is; parts of the patch become parts of the
 * result.
 */
export function applyOperations(held: object, patch: unknown): Patched {
  if (!Array.isArray(patch) || patch.length > MOST_OPERATIONS || !patch.every(isSound)) {
    return { type: 'failed', reason: `it is no list of at most ${MOST_OPERATIONS} operations that are taken` }
  }
  try {
    let document: unknown = fjp.deepClone(held)
    for (const operation of patch) document = applyOne(document, operation)
    if (isJsonObject(document)) return { type: 'patched', object: document }
    return { type: 'failed', reason: 'what it makes is not an object' }
  } catch (error) {
    // The library's message holds the whole object; its name says enough.
    return { type: 'failed', reason: (error as Error).name }
  }
}

/** Applies one operation to a document of our own, which it may change. Throws if the operation does not apply. */
function applyOne(document: unknown, operation: fjp.Operation): unknown {
  if (operation.op !== 'move') return applyChecked(document, operation)
  const { from, path } = operation
  if (path.startsWith(`${from}/`)) throw new PointerError()
  // RFC 6902 defines a move as these two; the library does not check the place where the value is added.
  checkPointer(document, from, 'existing')
  const value: unknown = fjp.getValueByPointer(document, from)
  return applyChecked(applyChecked(document, { op: 'remove', path: from }), { op: 'add', path, value })
}

function applyChecked(document: unknown, operation: fjp.Operation): unknown {
  checkPointer(document, operation.path, operation.op === 'add' ? 'new' : 'existing')
  return fjp.applyOperation(document, operation, true).newDocument
}

function* changes(before: unknown, after: unknown, path: string, depth: number): Generator<Operation> {
  const isReachable = depth < DEEPEST
  if (isReachable && isJsonObject(before) && isJsonObject(after)) {
    yield* changesOfMembers(before, after, path, depth + 1)
  } else if (isReachable && Array.isArray(before) && Array.isArray(after)) {
    yield* changesOfElements(before, after, path, depth + 1)
  } else if (!isEqual(before, after)) yield { op: 'replace', path, value: after }
}

function* changesOfMembers(
  before: JsonObject,
  after: JsonObject,
  path: string,
  depth: number,
): Generator<Operation> {
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(after, name)) yield { op: 'remove', path: pathOf(path, name) }
  }
  for (const [name, value] of Object.entries(after)) {
    const member = pathOf(path, name)
    if (Object.hasOwn(before, name)) yield* changes(before[name], value, member, depth)
    else yield { op: 'add', path: member, value }
  }
}

/** What both begin and end with stays; between, lists of one length differ by their elements. */
function* changesOfElements(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  depth: number,
): Generator<Operation> {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && isEqual(before[start], after[start])) start++
  let tail = 0
  while (tail < shorter - start && isEqual(before.at(-1 - tail), after.at(-1 - tail))) tail++
  const end = before.length - tail
  if (before.length === after.length) {
    for (let i = start; i < end; i++) yield* changes(before[i], after[i], `${path}/${i}`, depth)
  } else if (start + tail === 0) yield { op: 'replace', path, value: after }
  else {
    // From the end, so that no removal moves the next.
    for (let i = end - 1; i >= start; i--) yield { op: 'remove', path: `${path}/${i}` }
    for (let i = start; i < after.length - tail; i++)
      yield { op: 'add', path: `${path}/${i}`, value: after[i] }
  }
}

function pathOf(parent: string, name: string): string {
  return `${parent}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** An operation of the RFC that cannot do harm, whatever else is right or wrong about it. */
function isSound(operation: unknown): boolean {
  if (!isJsonObject(operation)) return false
  switch (operation.op) {
    case 'add':
    case 'remove':
    case 'replace':
    case 'test':
      return true
    case 'move':
      // The whole into a part of itself would be a loop.
      return operation.from !== ''
    default:
      // Also `copy`: a few dozen, each of the whole, fill any memory.
      return false
  }
}
