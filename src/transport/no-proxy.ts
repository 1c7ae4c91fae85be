import { BlockList, isIPv4, isIPv6 } from 'node:net'

type Entry = (url: URL) => boolean

/**
 * Returns whether `NO_PROXY` exempts a URL from the proxy. Entries are separated by commas or spaces:
 *
 * - `*`: every host
 * - `example.com`, `.example.com` or `*.example.com`: this name and every name below it
 * - `10.0.0.1`, `fd00::1` or `[fd00::1]`: an address
 * - `10.0.0.0/8` or `fd00::/8`: a range of addresses (CIDR)
 *
 * `:port` after a name or an address (an IPv6 address in brackets) restricts the entry to that port. Names are not
 * resolved: a range matches only URLs with an address. An entry of another form matches no host.
 */
export function readNoProxy(text: string): (url: URL) => boolean {
  const entries = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => readEntry(entry.toLowerCase()))
  return (url) => entries.some((covers) => covers(url))
}

function readEntry(entry: string): Entry {
  if (entry === '*') return () => true
  const { host, port } = splitPort(entry)
  const names = matcherOf(host)
  return (url) => (port === undefined || port === portOf(url)) && names(hostOf(url))
}

function splitPort(entry: string): { readonly host: string; readonly port?: string } {
  // An address in brackets, or a text with one colon. A text with more colons is an IPv6 address without a port.
  const [, host = '', port] = /^(\[[^\]]*\](?:\/\d+)?|[^:]*):(\d+)$/.exec(entry) ?? []
  return port === undefined ? { host: entry } : { host, port: String(Number(port)) }
}

function matcherOf(host: string): (host: string) => boolean {
  const [address = '', length, ...rest] = host.replace(/^\[([^\]]*)\]/, '$1').split('/')
  if (isIPv4(address) || isIPv6(address)) {
    const range = rest.length === 0 ? rangeOf(address, length) : undefined
    return (name) =>
      range && isIPv4(name) ? range.check(name) : Boolean(range && isIPv6(name) && range.check(name, 'ipv6'))
  }
  const name = host.replace(/^\*?\./, '').replace(/\.$/, '')
  return (other) => name !== '' && (other === name || other.endsWith(`.${name}`))
}

function rangeOf(text: string, length: string | undefined): BlockList | undefined {
  const address = plain(text)
  const mapped = address !== text && isIPv4(address)
  const longest = isIPv4(address) ? 32 : 128
  const bits = length === undefined ? longest : Number(length) - (mapped ? 96 : 0)
  if (length !== undefined && !/^\d+$/.test(length)) return undefined
  if (!(bits >= 0 && bits <= longest)) return undefined
  const range = new BlockList()
  range.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6')
  return range
}

/** Returns a host name without brackets and trailing dot. An IPv4 address in IPv6 notation is returned as IPv4. */
function hostOf({ hostname }: URL): string {
  return plain(hostname.replace(/^\[|\]$/g, '').replace(/\.$/, ''))
}

function plain(address: string): string {
  if (!isIPv6(address)) return address
  const [, high, low] =
    /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(new URL(`http://[${address}]`).hostname) ?? []
  if (high === undefined || low === undefined) return address
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [a >> 8, a & 255, b >> 8, b & 255].join('.')
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80')
}
