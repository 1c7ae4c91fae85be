import type { HttpHeaders } from '../../transport/transport.ts'
import { type Finding, failed, ok, warning } from './checks.ts'

/** The headers of an answer, and when they arrived. */
export interface Dates {
  readonly headers: HttpHeaders
  /** Milliseconds since the Unix epoch, by the clock of this machine. */
  readonly receivedAt: number
  readonly roundTripMs: number
}

/** Difference from which a warning is given, in milliseconds. The header has a resolution of one second. */
const NOTICEABLE_MS = 5_000

/** Difference at which requests signed for AWS are refused, in milliseconds. */
const BREAKING_MS = 5 * 60_000

const REMEDY = 'Synchronize the clock of this machine, for example with chrony or systemd-timesyncd'

/** Compares the clock of this machine with the header `Date` of a server. */
export function judgeClock({ headers, receivedAt, roundTripMs }: Dates): Finding {
  const sentAt = Date.parse(headers.date ?? '')
  if (Number.isNaN(sentAt)) return { verdict: 'skipped', seen: 'the answer has no header Date' }
  // A cache repeats the header of the answer that it keeps, and adds its age.
  const age = /^\d+$/.test(headers.age ?? '') ? Number(headers.age) * 1_000 : 0
  // The header is rounded down to the second, and half of the round trip has passed since.
  const differenceMs = Math.round(receivedAt - roundTripMs / 2 - (sentAt + age + 500))
  const size = Math.abs(differenceMs)
  const facts = { differenceMs }
  if (size < NOTICEABLE_MS) return ok('agrees with the server within 5 s', facts)
  const seen = `this machine is ${spanOf(size)} ${differenceMs > 0 ? 'ahead of' : 'behind'} the server`
  if (size < BREAKING_MS) return warning(seen, `${REMEDY}.`, facts)
  return failed(seen, `${REMEDY}: certificates and requests to DynamoDB fail with such a difference.`, facts)
}

const SPANS = [
  [48 * 3_600_000, 86_400_000, 'd'],
  [120 * 60_000, 3_600_000, 'h'],
  [120_000, 60_000, 'min'],
  [0, 1_000, 's'],
] as const

function spanOf(ms: number): string {
  const [, unitMs, unit] = SPANS.find(([least]) => ms >= least) ?? SPANS[3]
  return `${Math.round(ms / unitMs)} ${unit}`
}
