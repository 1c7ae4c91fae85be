import type { Reply, Request, Scenario } from './scenario.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Returns 1 s for the first reconnect, 30 s after an outage of 60 s or more, and half the age of the outage in between. */
function growing(ageMs: number): number {
  return Math.min(30 * SECOND, Math.max(SECOND, ageMs / 2))
}

/** The window of `Retry-After`, which clients extend by up to half. Requests before it was received have the window of a reconnect. */
function spreadOf(retryAfterSeconds: number): Scenario['windowMs'] {
  return (ageMs) => (ageMs < 2 * SECOND ? SECOND : (retryAfterSeconds * SECOND) / 2)
}

function downFor(ms: number, reply: Reply): (request: Request) => Reply {
  return ({ ageMs }) => (ageMs < ms ? reply : 'well')
}

/** Only streams are affected. */
function streamDownFor(ms: number, reply: Reply): (request: Request) => Reply {
  return ({ kind, ageMs }) => (kind === 'stream' && ageMs < ms ? reply : 'well')
}

type Weather = Omit<Scenario, 'plan' | 'affected' | 'windowMs'> & Partial<Scenario>

const WEATHERS: readonly Weather[] = [
  {
    name: 'origin restart',
    what: 'Every stream gets a goodbye; the origin is back after 3 s.',
    streamsEnd: 'goodbye',
    reply: downFor(3 * SECOND, 'refused'),
    watchedMs: MINUTE,
  },
  {
    name: 'origin crash',
    what: 'Every stream is reset; the origin is back after 3 s.',
    streamsEnd: 'reset',
    reply: downFor(3 * SECOND, 'refused'),
    watchedMs: MINUTE,
  },
  {
    name: 'slow restart',
    what: 'Every stream is reset; the origin refuses connections for 5 min.',
    streamsEnd: 'reset',
    reply: downFor(5 * MINUTE, 'refused'),
    watchedMs: 12 * MINUTE,
  },
  {
    name: '503',
    what: 'Every stream is reset; the streaming tier answers 503 for 5 min, polls are answered.',
    streamsEnd: 'reset',
    reply: streamDownFor(5 * MINUTE, { status: 503 }),
    watchedMs: 12 * MINUTE,
  },
  {
    name: '503, Retry-After 30',
    what: 'Every stream is reset; everything answers 503 with `Retry-After: 30` for 5 min.',
    streamsEnd: 'reset',
    reply: downFor(5 * MINUTE, { status: 503, retryAfterSeconds: 30 }),
    windowMs: spreadOf(30),
    watchedMs: 12 * MINUTE,
  },
  {
    name: '503, Retry-After 120',
    what: 'Every stream is reset; everything answers 503 with `Retry-After: 120` for 5 min.',
    streamsEnd: 'reset',
    reply: downFor(5 * MINUTE, { status: 503, retryAfterSeconds: 120 }),
    windowMs: spreadOf(120),
    watchedMs: 12 * MINUTE,
  },
  {
    name: 'regional failover',
    what: 'Half of the clients lose their region: streams reset, connections refused for 15 s, then the other region answers.',
    streamsEnd: 'reset',
    affected: 1 / 2,
    reply: downFor(15 * SECOND, 'refused'),
    watchedMs: 2 * MINUTE,
  },
]

/** All faults, each with both presets. */
export const SCENARIOS: readonly Scenario[] = WEATHERS.flatMap((weather) =>
  (['streaming', 'default'] as const).map(
    (plan): Scenario => ({ affected: 1, windowMs: growing, ...weather, plan }),
  ),
)
