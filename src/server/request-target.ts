import type { IncomingMessage } from 'node:http'

/** The two parts of a request target, as the client wrote them. */
export interface RequestTarget {
  /** Each of its segments can be decoded by `decodeURIComponent`. */
  readonly path: string
  /** What follows the first `?`; empty if there is none. */
  readonly query: string
}

/** RFC 9112, 3.2.2: the form that is meant for proxies, which a server must accept. */
const ABSOLUTE_FORM = /^https?:\/\/[\w.:[\]-]+(?=[/?]|$)/i

/** Printable ASCII. Anything else must be percent-encoded. */
const PATH = /^\/[!-~]*$/

/**
 * Reads the target of a request. Returns undefined, which is an answer of 400, if the target is refused or a header that
 * decides about the answer is repeated: a proxy in front may have looked at another value than the one Node keeps.
 */
export function readRequestTarget({ url = '', rawHeaders }: IncomingMessage): RequestTarget | undefined {
  return hasRepeated('authorization', rawHeaders) || hasRepeated('host', rawHeaders)
    ? undefined
    : parseRequestTarget(url)
}

/** Raw headers are names and values in turn. */
function hasRepeated(name: string, rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) count++
  }
  return count > 1
}

/**
 * Splits a request target into path and query without decoding anything. Returns undefined, which is an answer of 400, for a
 * path that a proxy in front could read differently, so that its rules would not apply to what is served: dot segments, empty
 * segments and backslashes, encoded or not, and what is not percent-encoded UTF-8. One slash at the end is no empty segment.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (target.includes('#')) return undefined
  const relative = target.replace(ABSOLUTE_FORM, '')
  const mark = relative.indexOf('?')
  const path = (mark < 0 ? relative : relative.slice(0, mark)) || emptyPathOf(target)
  return isUnambiguous(path) ? { path, query: mark < 0 ? '' : relative.slice(mark + 1) } : undefined
}

/** The path may be missing in the absolute form alone. */
function emptyPathOf(target: string): string {
  return ABSOLUTE_FORM.test(target) ? '/' : ''
}

function isUnambiguous(path: string): boolean {
  if (!PATH.test(path)) return false
  const decoded = decode(path)
  if (decoded === undefined || decoded.includes('\\')) return false
  const segments = decoded.slice(1).split('/')
  const before = segments.slice(0, -1)
  return !before.includes('') && !segments.includes('.') && !segments.includes('..')
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
