import type { IncomingMessage, ServerResponse } from 'node:http'

export interface RequestTarget {
  /** Each of its segments can be decoded by `decodeURIComponent`. */
  readonly path: string
  readonly query: string
}

/** An authorized request with its parsed target. */
export interface ServedRequest {
  readonly target: RequestTarget
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Aborts when the credential of the request becomes invalid, which ends its stream. Absent if it never does. */
  readonly expired?: AbortSignal
}

/** The absolute form of a request target. It is meant for proxies, but a server must accept it (RFC 9112, 3.2.2). */
const ABSOLUTE_FORM = /^https?:\/\/[\w.:[\]-]+(?=[/?]|$)/i

/** Printable ASCII. Anything else must be percent-encoded. */
const PATH = /^\/[!-~]*$/

/**
 * Reads the target of a request. Returns undefined, for an answer of 400, if the target is ambiguous, or if `authorization` or
 * `host` is repeated: a proxy in front may have used another value than the one that Node keeps.
 */
export function readRequestTarget({ url = '', rawHeaders }: IncomingMessage): RequestTarget | undefined {
  return hasRepeated('authorization', rawHeaders) || hasRepeated('host', rawHeaders)
    ? undefined
    : parseRequestTarget(url)
}

/** Raw headers are a list of alternating names and values. */
function hasRepeated(name: string, rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) count++
  }
  return count > 1
}

/**
 * Splits a request target into path and query without decoding them. Returns undefined, for an answer of 400, if a proxy in
 * front could interpret the path differently, so that its rules would not apply: dot segments, empty segments and backslashes,
 * encoded or not, and anything that is not percent-encoded UTF-8. One slash at the end is allowed.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (target.includes('#')) return undefined
  const relative = target.replace(ABSOLUTE_FORM, '')
  const mark = relative.indexOf('?')
  const path = (mark < 0 ? relative : relative.slice(0, mark)) || emptyPathOf(target)
  return isUnambiguous(path) ? { path, query: mark < 0 ? '' : relative.slice(mark + 1) } : undefined
}

/** Only the absolute form may have an empty path. */
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
