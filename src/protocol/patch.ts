import fjp from 'fast-json-patch'
import { isEqual, isJsonObject, type JsonObject } from '../model/json.ts'

/** An operation of a JSON Patch (RFC 6902) that {@link diff} produces. */
export type Operation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

export type Patched =
  | { readonly type: 'patched'; readonly object: JsonObject }
  | { readonly type: 'failed'; readonly reason: string }

/** Maximum number of operations of a patch. A longer patch saves too little to be worth its cost. */
export const MOST_OPERATIONS = 1_000

/** Maximum depth that {@link diff} descends to. Deeper values are replaced as a whole. */
const DEEPEST = 64

/** Paths that lead to a prototype, which no patch may contain. */
const FORBIDDEN = /\/(__proto__|constructor\/prototype)(\/|$)/

/**
 * Returns the operations that turn one object into the other; `undefined` if there is no valid patch, so that the
 * object must be sent whole. Both must be values of `JSON.parse` and must not be modified afterwards, because
 * operations share parts of `after`. The caller compares the lengths of patch and object.
 */
export function diff(before: object, after: object): readonly Operation[] | undefined {
  const operations: Operation[] = []
  for (const operation of changes(before, after, '', 0)) {
    // One operation is reserved for the test of the version.
    if (operations.length === MOST_OPERATIONS - 1 || FORBIDDEN.test(operation.path)) return undefined
    operations.push(operation)
  }
  return operations
}

/** Returns the object after a patch. `held` is not modified; values of the patch become parts of the result. */
export function applyOperations(held: object, patch: unknown): Patched {
  if (!Array.isArray(patch) || patch.length > MOST_OPERATIONS || !patch.every(isSound)) {
    return { type: 'failed', reason: `it is not a list of at most ${MOST_OPERATIONS} supported operations` }
  }
  try {
    let document: unknown = fjp.deepClone(held)
    for (const operation of patch) document = applyOne(document, operation)
    if (isJsonObject(document)) return { type: 'patched', object: document }
    return { type: 'failed', reason: 'its result is not an object' }
  } catch (error) {
    // The message of the library's error contains the whole object, which must not be logged.
    return { type: 'failed', reason: (error as Error).name }
  }
}

function applyOne(document: unknown, operation: fjp.Operation): unknown {
  if (operation.op !== 'move') return applyChecked(document, operation)
  const { from, path } = operation
  if (path.startsWith(`${from}/`)) throw new PointerError()
  // RFC 6902 defines a move as a removal and an addition. The library does not check the target of the addition.
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

/** Yields the changes of a list: common elements at both ends stay; elements between are compared, removed or added. */
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
    // From the end, so that no removal shifts the index of the next.
    for (let i = end - 1; i >= start; i--) yield { op: 'remove', path: `${path}/${i}` }
    for (let i = start; i < after.length - tail; i++)
      yield { op: 'add', path: `${path}/${i}`, value: after[i] }
  }
}

function pathOf(parent: string, name: string): string {
  return `${parent}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Accepts the supported operations. Their paths and values are checked when they are applied. */
function isSound(operation: unknown): boolean {
  if (!isJsonObject(operation)) return false
  switch (operation.op) {
    case 'add':
    case 'remove':
    case 'replace':
    case 'test':
      return true
    case 'move':
      // Moving the whole document into a part of itself would create a cycle.
      return operation.from !== ''
    default:
      // `copy` is not supported, because a few dozen copies of the whole document exhaust the memory.
      return false
  }
}

/** A path that is not valid under RFC 6901 or does not exist in the document. The message does not contain the path. */
class PointerError extends Error {
  constructor() {
    super('the path does not exist')
    this.name = 'PointerError'
  }
}

/** The grammar of RFC 6901: each token follows a slash, and a tilde appears only in `~0` and `~1`. */
const POINTER = /^(?:\/(?:[^/~]|~[01])*)*$/

/** An array index of RFC 6901: digits without a leading zero. */
const INDEX = /^(?:0|[1-9]\d*)$/

/**
 * Checks that a JSON Pointer (RFC 6901) names a value of the document (`existing`), or a place where one can be added
 * (`new`): any member of an object, an index up to the length of a list, or `-`, its end. The patch library is less strict: it
 * accepts `/list/01` for `/list/1` and `/list/4294967295` for `/list/-1`.
 *
 * @throws {@link PointerError} if it does not.
 */
function checkPointer(document: unknown, pointer: unknown, target: 'existing' | 'new'): void {
  if (typeof pointer !== 'string' || !POINTER.test(pointer)) throw new PointerError()
  if (pointer === '') return
  const tokens = pointer.slice(1).split('/').map(unescaped)
  const last = tokens.pop() as string
  const parent = tokens.reduce<unknown>(memberOf, document)
  if (target === 'existing') memberOf(parent, last)
  else if (!canTake(parent, last)) throw new PointerError()
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}

function memberOf(parent: unknown, token: string): unknown {
  const isThere = Array.isArray(parent)
    ? INDEX.test(token) && Number(token) < parent.length
    : typeof parent === 'object' && parent !== null && Object.hasOwn(parent, token)
  if (!isThere) throw new PointerError()
  return (parent as Readonly<Record<string, unknown>>)[token]
}

function canTake(parent: unknown, token: string): boolean {
  if (!Array.isArray(parent)) return typeof parent === 'object' && parent !== null
  return token === '-' || (INDEX.test(token) && Number(token) <= parent.length)
}
