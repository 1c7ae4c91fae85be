import { type Form, pathsOf } from './value-forms.ts'

const PATHS = 'paths of files or folders'
const HTTP_URL = /^https?:\/\//i

/** Files or folders, at least one. They are not checked before they are read, because stored data may replace them. */
export const paths: Form<readonly string[]> = {
  expected: PATHS,
  type: 'readonly string[]',
  explain: (value) =>
    pathsOf(value)?.some((path) => HTTP_URL.test(path)) ? `${PATHS}; a URL has the option url` : undefined,
  read(value) {
    const list = pathsOf(value)
    return list && list.length > 0 && !list.some((path) => HTTP_URL.test(path)) ? list : undefined
  },
}

const EXPECTED = 'http or https URLs'

/** URLs of flag files. They may have a query, but no credential, which would reach logs of servers and proxies. */
export const flagUrls: Form<readonly string[]> = {
  expected: EXPECTED,
  type: 'readonly string[]',
  explain: (value) =>
    listOf(value)
      ?.map(faultOf)
      .find((fault) => fault !== undefined),
  read(value) {
    const list = listOf(value)
    return list?.every((each) => faultOf(each) === undefined) ? (list as readonly string[]) : undefined
  },
}

/** A variable separates URLs by commas, which a URL may contain, too. */
function listOf(value: unknown): readonly unknown[] | undefined {
  const list: unknown = typeof value === 'string' ? value.split(/,(?=\s*https?:)/i) : value
  if (!Array.isArray(list) || list.length === 0) return undefined
  return list.map((each: unknown) => (typeof each === 'string' ? each.trim() : each))
}

/** Returns the expectation that a value fails. It does not repeat the value, whose query may be a secret. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || /[\s\p{Cc}]/u.test(value)) return `${EXPECTED} without spaces`
  const url = URL.parse(value)
  if (!url || !/^https?:\/\/[^/\\?#]/i.test(value)) return EXPECTED
  if (url.username || url.password) return `${EXPECTED} without user and password; give urlAuthorization`
  return url.hash ? `${EXPECTED} without a fragment (the part from "#" on)` : undefined
}
