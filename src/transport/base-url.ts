const BASE_URL = 'an http or https URL'

/**
 * Returns the expectation that a text fails as a base URL; `undefined` if it is one. Paths are appended to a base URL,
 * so it can have no query and no fragment; a user and password in it would not be sent. The result does not repeat the
 * text, which may contain a secret.
 */
export function baseUrlFault(text: unknown): string | undefined {
  if (typeof text !== 'string') return 'string'
  // The URL parser removes these without an error.
  if (/[\s\p{Cc}]/u.test(text)) return `${BASE_URL} without spaces, line breaks and control characters`
  const url = URL.parse(text)
  if (!url || !/^https?:\/\/[^/\\?#]/i.test(text)) return BASE_URL
  const extras = [
    (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/?#]*@/.test(text)) &&
      'a user and password (the part before "@")',
    text.includes('?') && 'a query (the part from "?" on)',
    text.includes('#') && 'a fragment (the part from "#" on)',
  ].filter((extra) => extra !== false)
  return extras.length === 0 ? undefined : `${BASE_URL} without ${extras.join(' and ')}`
}

/**
 * Returns an address as an http or https URL without a slash at its end; `undefined` for any other text, and for an
 * address with a credential, a query or a fragment.
 */
export function readAddress(text: string, scheme: 'http' | 'https'): string | undefined {
  const url = URL.parse(text.includes('://') ? text : `${scheme}://${text}`)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined
  // A credential belongs into the header that is for it: addresses are logged.
  if (url.username || url.password || url.search || url.hash || !url.hostname) return undefined
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
