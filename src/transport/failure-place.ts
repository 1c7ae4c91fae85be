import { Socket } from 'node:net'

export interface FailurePlace {
  /** For example `localhost:443 (127.0.0.1)`, `the proxy localhost:3128`, or `localhost:443 through the proxy localhost:3128`. */
  readonly text: string
  /** `http:` or `https:`, of the service. */
  readonly protocol: string
  /** `http:` or `https:`, of the proxy. Absent without a proxy. */
  readonly proxyProtocol?: string
}

/** Places by error. Errors are not wrapped, because undici decides by their class and code how to treat waiting requests. */
const PLACES = new WeakMap<Error, FailurePlace>()

/** Maximum length of a chain of causes, which can be circular. */
const MAX_DEPTH = 8

/** Records the place of a failure. The first recorded place is kept, because it is the nearest to the failure. */
export function noteFailurePlace(failure: unknown, place: FailurePlace): void {
  if (failure instanceof Error && !failurePlace(failure)) PLACES.set(failure, place)
}

export function failurePlace(failure: unknown, depth = 0): FailurePlace | undefined {
  if (!(failure instanceof Error) || depth > MAX_DEPTH) return undefined
  return PLACES.get(failure) ?? failurePlace(failure.cause, depth + 1)
}

export interface ConnectTarget {
  readonly protocol: string
  readonly hostname: string
  readonly port?: string | number | null
}

/** Returns the place of a connection to a target. `proxy` is the URL of the proxy that it goes to or through. */
export function placeOfTarget(target: ConnectTarget, proxy: string | undefined): FailurePlace {
  const { protocol } = target
  const where = hostAndPort(target)
  if (proxy === undefined) return { text: where, protocol }
  const url = new URL(proxy)
  const proxyWhere = hostAndPort(url)
  const text = where === proxyWhere ? `the proxy ${where}` : `${where} through the proxy ${proxyWhere}`
  return { text, protocol, proxyProtocol: url.protocol }
}

/** Adds the address that was reached to a place, unless its host is that address. */
export function withAddress(place: FailurePlace, address: string | undefined): FailurePlace {
  if (!address || place.text.includes(address)) return place
  return { ...place, text: `${place.text} (${address})` }
}

/** Records the address of a socket, because a failed socket no longer has it. */
export function addressReached(socket: unknown): () => string | undefined {
  let address: string | undefined
  if (socket instanceof Socket) socket.once('connect', () => (address = socket.remoteAddress))
  return () => address
}

export function hostAndPort({ protocol, hostname, port }: ConnectTarget): string {
  const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname
  return `${host}:${port || (protocol === 'https:' ? 443 : 80)}`
}
