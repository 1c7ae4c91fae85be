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

/** Returns the object after a patch. `held` is not modified; its unchanged parts and the values of the patch become parts of the result. */
export function applyOperations(held: object, patch: unknown): Patched {
  if (!Array.isArray(patch) || patch.length > MOST_OPERATIONS || !patch.every(isSupported)) {
    return { type: 'failed', reason: `it is not a list of at most ${MOST_OPERATIONS} supported operations` }
  }
  try {
    const draft = new Draft(held)
    for (const operation of patch) draft.apply(operation)
    if (isJsonObject(draft.root)) return { type: 'patched', object: draft.root }
    return { type: 'failed', reason: 'its result is not an object' }
  } catch (error) {
    return { type: 'failed', reason: (error as Error).name }
  }
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
function isSupported(operation: unknown): boolean {
  if (!isJsonObject(operation)) return false
  switch (operation.op) {
    case 'add':
    case 'replace':
    case 'test':
      return operation.value !== undefined
    case 'remove':
      return true
    case 'move':
      // Moving the whole document into a part of itself would create a cycle.
      return operation.from !== ''
    default:
      // `copy` is not supported, because a few dozen copies of the whole document exhaust the memory.
      return false
  }
}

/** Its name is the only part of an error about a patch that is logged. It contains nothing of the patch. */
class PatchError extends Error {
  constructor(name: 'POINTER_INVALID' | 'TEST_OPERATION_FAILED') {
    super(name)
    this.name = name
  }
}

/** The grammar of RFC 6901: each token follows a slash, and a tilde appears only in `~0` and `~1`. */
const POINTER = /^(?:\/(?:[^/~]|~[01])*)*$/

/** An array index of RFC 6901: digits without a leading zero. */
const INDEX = /^(?:0|[1-9]\d*)$/

type Container = Record<string, unknown> | unknown[]

/** A document while it is patched. Copies each container before its first change, so that the original stays as it is. */
class Draft {
  readonly #copies = new WeakSet<object>()
  root: unknown

  constructor(root: object) {
    this.root = root
  }

  apply({ op, path, from, value }: JsonObject): void {
    const place = tokensOf(path)
    if (op === 'add') this.#add(place, value)
    else if (op === 'remove') this.#remove(place)
    else if (op === 'replace') this.#replace(place, value)
    else if (op === 'test') {
      if (!isEqual(place.reduce(memberOf, this.root), value)) throw new PatchError('TEST_OPERATION_FAILED')
    } else {
      // RFC 6902 defines a move as a removal and an addition.
      if (String(path).startsWith(`${String(from)}/`)) throw new PatchError('POINTER_INVALID')
      const moved: unknown = tokensOf(from).reduce(memberOf, this.root)
      this.#remove(tokensOf(from))
      this.#add(place, moved)
    }
  }

  #add(place: string[], value: unknown): void {
    const last = place.pop()
    if (last === undefined) {
      this.root = value
      return
    }
    const parent = this.#container(place)
    if (!Array.isArray(parent)) parent[last] = value
    else if (last === '-') parent.push(value)
    else if (INDEX.test(last) && Number(last) <= parent.length) parent.splice(Number(last), 0, value)
    else throw new PatchError('POINTER_INVALID')
  }

  #replace(place: string[], value: unknown): void {
    const last = place.pop()
    if (last === undefined) {
      this.root = value
      return
    }
    const parent = this.#container(place)
    memberOf(parent, last)
    ;(parent as Record<string, unknown>)[last] = value
  }

  #remove(place: string[]): void {
    const last = place.pop()
    if (last === undefined) {
      this.root = undefined
      return
    }
    const parent = this.#container(place)
    memberOf(parent, last)
    if (Array.isArray(parent)) parent.splice(Number(last), 1)
    else delete parent[last]
  }

  /** Returns the container at a place, after copying it and those around it if they belong to the original or to the patch. */
  #container(place: readonly string[]): Container {
    let container = this.#copied(this.root)
    this.root = container
    for (const token of place) {
      const inner = this.#copied(memberOf(container, token))
      ;(container as Record<string, unknown>)[token] = inner
      container = inner
    }
    return container
  }

  #copied(value: unknown): Container {
    if (typeof value !== 'object' || value === null) throw new PatchError('POINTER_INVALID')
    if (this.#copies.has(value)) return value as Container
    const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as Record<string, unknown>) }
    this.#copies.add(copy)
    return copy
  }
}

function tokensOf(pointer: unknown): string[] {
  if (typeof pointer !== 'string' || !POINTER.test(pointer) || FORBIDDEN.test(pointer))
    throw new PatchError('POINTER_INVALID')
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Returns the value at a token of a JSON Pointer (RFC 6901): an own member, or an element whose index has no leading zero. */
function memberOf(parent: unknown, token: string): unknown {
  const isThere = Array.isArray(parent)
    ? INDEX.test(token) && Number(token) < parent.length
    : typeof parent === 'object' && parent !== null && Object.hasOwn(parent, token)
  if (!isThere) throw new PatchError('POINTER_INVALID')
  return (parent as Readonly<Record<string, unknown>>)[token]
}
