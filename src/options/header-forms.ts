import type { Form } from './value-forms.ts'

/** Origins of web pages. A variable separates them by commas. `*` stands for all. */
export const origins: Form<readonly string[]> = {
  expected: 'origins such as https://example.com, or *',
  type: 'readonly string[]',
  read: (value) => eachOf(value, originOf),
}

/** A user name of basic authentication, in which a colon separates it from the password. */
export const username: Form<string> = {
  expected: 'a user name of printable characters, without colons and spaces',
  type: 'string',
  read: (value) => (typeof value === 'string' && /^[^\s:\p{Cc}]+$/u.test(value) ? value : undefined),
}

/** The value of a header that is a secret, such as `Bearer TOKEN`. */
export const headerSecret: Form<string> = {
  expected: 'the value of a header: printable characters, without line breaks',
  type: 'string',
  read: (value) =>
    typeof value === 'string' && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) ? value : undefined,
}

/** Names of HTTP headers. A variable separates them by commas. */
export const headerNames: Form<readonly string[]> = {
  expected: 'names of HTTP headers',
  type: 'readonly string[]',
  read: (value) => eachOf(value, (name) => (HEADER_NAME.test(name) ? name : undefined)),
}

/** The name of a header with a context. The headers that HTTP or OFREP uses itself are excluded. */
export const contextHeader: Form<string> = {
  expected: 'the name of an HTTP header of your own, such as X-Flag-Context',
  type: 'string',
  read: (value) =>
    typeof value === 'string' && HEADER_NAME.test(value) && !USED_HEADERS.test(value) ? value : undefined,
}

const USED_HEADERS =
  /^(?:accept.*|authorization|connection|content-.*|cookie|host|if-.*|origin|referer|transfer-encoding|user-agent|x-api-key|x-secure-mode-hash)$/i

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/

/** Returns the list with each element read, or `undefined` if the value is no list or an element cannot be read. */
function eachOf(value: unknown, read: (text: string) => string | undefined): readonly string[] | undefined {
  const list: unknown = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(list)) return undefined
  const parts = list.flatMap((each: unknown) => (typeof each === 'string' ? each.split(',') : [each]))
  const values = parts.map((part) => (typeof part === 'string' ? read(part.trim()) : undefined))
  return values.every((each) => each !== undefined) ? values : undefined
}

/** Returns an origin as browsers send it: in lower case, without a slash at the end and without a default port. */
function originOf(text: string): string | undefined {
  if (text === '*' || text === 'null') return text
  const url = URL.parse(text)
  if (!url || !/^[\w.+-]+:\/\/[^/?#@]+\/?$/.test(text)) return undefined
  return url.origin === 'null' ? text.replace(/\/$/, '') : url.origin
}
