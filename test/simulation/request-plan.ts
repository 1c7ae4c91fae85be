import { clampDelay, MAX_DELAY_MS } from '../../src/async/clock.ts'
import type { HttpHeaders } from '../../src/transport/transport.ts'
import type { Random } from '../support/random.ts'
import type { Fault, Faults } from './faults.ts'
import type { Seen } from './network.ts'
import type { Cut } from './pipe.ts'

/** The treatment of a request by the simulated network. */
export interface RequestPlan {
  /** Time until the headers, in milliseconds. */
  readonly delayMs: number
  /** True if the answer is created when the request arrives, or when the headers are sent. */
  readonly answers: 'at once' | 'late'
  readonly failure: Failure
  /** Headers of the answer with the order to use FDv1, or none. */
  readonly order: HttpHeaders
  readonly cut: Cut | undefined
  readonly pace: () => { readonly bytes: number; readonly ms: number }
}

type Failure = 'none' | { readonly error: Error } | Refusal

/** An answer without the requested data. */
export interface Refusal {
  readonly status: number
  readonly headers: HttpHeaders
  readonly body: string
}

/** Longest `Retry-After` of the simulated server, in milliseconds. */
export const LONGEST_RETRY_AFTER_MS = 40_000

const CUTS: readonly (readonly [Fault, Cut['how']])[] = [
  ['hang after', 'silence'],
  ['drop', 'break'],
  ['truncate', 'end'],
]

export function planRequest(random: Random, faults: Faults, seen: Seen): RequestPlan {
  const [, how] = CUTS.find(([fault]) => faults.occurs(fault)) ?? []
  const trickles = faults.occurs('trickle')
  const swift = random.chance(0.5)
  return {
    delayMs: delayOf(random, faults),
    answers: random.chance(0.5) ? 'at once' : 'late',
    failure: failureOf(random, faults, seen),
    order: faults.occurs('directive') ? orderOf(random) : {},
    cut: how && { after: random.chance(0.2) ? 0 : random.int(1, 1_200), how },
    pace: () =>
      trickles && !faults.healed
        ? { bytes: random.int(1, 150), ms: random.int(1, 4_000) }
        : { bytes: swift ? Infinity : random.int(1, 900), ms: swift ? 0 : random.int(0, 20) },
  }
}

function delayOf(random: Random, faults: Faults): number {
  if (faults.occurs('hang before headers')) return MAX_DELAY_MS
  return clampDelay(
    faults.occurs('slow headers') ? random.int(1_000, 20_000) : random.int(0, faults.latencyMs),
  )
}

function failureOf(random: Random, faults: Faults, { url, headers }: Seen): Failure {
  if (faults.occurs('refuse')) {
    return { error: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) }
  }
  if (faults.occurs('5xx')) return refusal(random.pick([500, 502, 503]), retryAfter(random))
  if (faults.occurs('temporary 4xx')) return refusal(random.pick([400, 408, 429]), retryAfter(random))
  if (faults.occurs('permanent 4xx')) return refusal(random.pick([401, 403, 404, 410]))
  if (faults.occurs('redirect')) return redirect(random, elsewhere(random, url))
  if (faults.occurs('redirect away')) return redirect(random, away(random, url))
  if (faults.occurs('unrequested 304') && !headers['if-none-match']) return refusal(304)
  if (faults.occurs('wrong content type')) {
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Please log in</html>' }
  }
  return 'none'
}

/** Returns an order to use FDv1, in one of the forms that servers use. Most are short, so that the return is simulated too. */
function orderOf(random: Random): HttpHeaders {
  const order = { 'x-ld-fd-fallback': random.pick(['true', 'TRUE', ' True ']) }
  const ttl = random.pick(['5', '30', '120', '120', '3600', '3601', '0', '-5', 'soon', ''])
  return ttl === '' ? order : { ...order, 'x-ld-fd-fallback-ttl': ttl }
}

function refusal(status: number, headers: HttpHeaders = {}): Refusal {
  return { status, headers, body: status === 304 ? '' : 'no' }
}

function retryAfter(random: Random): HttpHeaders {
  const seconds = random.int(1, LONGEST_RETRY_AFTER_MS / 1_000)
  return random.chance(0.5) ? { 'retry-after': `${seconds}` } : {}
}

function redirect(random: Random, location: string): Refusal {
  return { status: random.pick([301, 302, 303, 307, 308]), headers: { location }, body: '' }
}

/** Returns a location within the origin, which clients follow. */
function elsewhere(random: Random, url: URL): string {
  const target = new URL(url)
  target.searchParams.set('hop', `${random.int(1, 9)}`)
  return random.chance(0.5) ? target.href : target.pathname + target.search
}

/** Returns a location to which a client must not send the credential. */
function away(random: Random, url: URL): string {
  const rest = url.pathname + url.search
  return random.pick([`https://evil.sim${rest}`, `http://${url.host}${rest}`, `//evil.sim${rest}`, ''])
}
