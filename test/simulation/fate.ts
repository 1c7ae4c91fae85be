import { clampDelay, MAX_DELAY_MS } from '../../src/async/clock.ts'
import type { HttpHeaders } from '../../src/transport/transport.ts'
import type { Random } from '../support/random.ts'
import type { Seen } from './network.ts'
import type { Cut } from './pipe.ts'
import type { Fault, Weather } from './weather.ts'

/** What will become of a request. */
export interface Fate {
  /** How long the headers take, milliseconds. */
  readonly delayMs: number
  /** Whether an answer is made when the request arrives or when it leaves. */
  readonly answers: 'at once' | 'late'
  readonly failure: Failure
  /** Headers that come with whatever answer there is. */
  readonly order: HttpHeaders
  readonly cut: Cut | undefined
  readonly pace: () => { readonly bytes: number; readonly ms: number }
}

export type Failure = 'none' | { readonly error: Error } | Refusal

/** An answer that is not the wanted one. */
export interface Refusal {
  readonly status: number
  readonly headers: HttpHeaders
  readonly body: string
}

/** Longest `Retry-After` the simulated server gives, milliseconds. */
export const LONGEST_RETRY_AFTER_MS = 40_000

const CUTS: readonly (readonly [Fault, Cut['how']])[] = [
  ['hang after', 'silence'],
  ['drop', 'break'],
  ['truncate', 'end'],
]

export function fateOf(random: Random, weather: Weather, seen: Seen): Fate {
  const [, how] = CUTS.find(([fault]) => weather.strikes(fault)) ?? []
  const trickles = weather.strikes('trickle')
  const swift = random.chance(0.5)
  return {
    delayMs: delayOf(random, weather),
    answers: random.chance(0.5) ? 'at once' : 'late',
    failure: failureOf(random, weather, seen),
    order: weather.strikes('directive') ? orderOf(random) : {},
    cut: how && { after: random.chance(0.2) ? 0 : random.int(1, 1_200), how },
    pace: () =>
      trickles && !weather.healed
        ? { bytes: random.int(1, 150), ms: random.int(1, 4_000) }
        : { bytes: swift ? Infinity : random.int(1, 900), ms: swift ? 0 : random.int(0, 20) },
  }
}

function delayOf(random: Random, weather: Weather): number {
  if (weather.strikes('hang before headers')) return MAX_DELAY_MS
  return clampDelay(
    weather.strikes('slow headers') ? random.int(1_000, 20_000) : random.int(0, weather.latencyMs),
  )
}

function failureOf(random: Random, weather: Weather, { url, headers }: Seen): Failure {
  if (weather.strikes('refuse')) {
    return { error: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }) }
  }
  if (weather.strikes('5xx')) return refusal(random.pick([500, 502, 503]), retryAfter(random))
  if (weather.strikes('4xx that can pass')) return refusal(random.pick([400, 408, 429]), retryAfter(random))
  if (weather.strikes('4xx for good')) return refusal(random.pick([401, 403, 404, 410]))
  if (weather.strikes('redirect')) return redirect(random, elsewhere(random, url))
  if (weather.strikes('redirect away')) return redirect(random, away(random, url))
  if (weather.strikes('unasked 304') && !headers['if-none-match']) return refusal(304)
  if (weather.strikes('wrong content type')) {
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Please log in</html>' }
  }
  return 'none'
}

/** The order to use FDv1, as servers may write it; mostly short, so that the way back is seen too. */
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

/** Within the origin; a few in a row are followed. */
function elsewhere(random: Random, url: URL): string {
  const target = new URL(url)
  target.searchParams.set('hop', `${random.int(1, 9)}`)
  return random.chance(0.5) ? target.href : target.pathname + target.search
}

/** To where the credential must never go. */
function away(random: Random, url: URL): string {
  const rest = url.pathname + url.search
  return random.pick([`https://evil.sim${rest}`, `http://${url.host}${rest}`, `//evil.sim${rest}`, ''])
}
