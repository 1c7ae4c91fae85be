/** A path that is not valid under RFC 6901 or does not exist in the document. The message does not contain the path. */
export class PointerError extends Error {
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
 * @throws {PointerError} if it does not.
 */
export function checkPointer(document: unknown, pointer: unknown, target: 'existing' | 'new'): void {
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
