import { baseUrlFault } from '../../transport/base-url.ts'

/** The address as a URL without a slash at its end; `undefined` for what is none, or holds more than an address. */
export function readAddress(text: string, scheme: 'http' | 'https'): string | undefined {
  const url = URL.parse(text.includes('://') ? text : `${scheme}://${text}`)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined
  // A credential belongs into the header that is for it: addresses are logged.
  if (url.username || url.password || url.search || url.hash || !url.hostname) return undefined
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Returns what is expected of the part of an address that is wrong; `undefined` if that is not known. */
export function addressFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return baseUrlFault(value.includes('://') ? value : `http://${value}`)
}

export function addressOf(host: string, port: number | string, scheme: 'http' | 'https'): string {
  const isV6 = host.includes(':') && !host.startsWith('[')
  return `${scheme}://${isV6 ? `[${host}]` : host}:${port}`
}

/** What Consul lets through in the path of a URL; its transactions take any key. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u

/** Whether a key arrives as it is when it travels in a URL, whose dots and double slashes are cleaned away. */
export function fitsUrl(key: string): boolean {
  return PRINTABLE.test(key) && !key.split('/').some((segment) => ['', '.', '..'].includes(segment))
}

/** A key as a path; slashes stay. */
export function pathOf(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}
