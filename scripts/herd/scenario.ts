/** How an origin answers one request: as it should, not at all, or with a status. */
export type Reply = 'well' | 'refused' | { readonly status: number; readonly retryAfterSeconds?: number }

export interface Request {
  readonly kind: 'stream' | 'poll'
  /** Since the fault, milliseconds. */
  readonly ageMs: number
}

/** One thing that goes wrong for every client of an origin in the same moment. */
export interface Scenario {
  readonly name: string
  readonly what: string
  /** Which preset the clients run. */
  readonly plan: 'streaming' | 'default'
  /** How the open streams end, at age 0. */
  readonly streamsEnd: 'goodbye' | 'reset'
  /** Which part of the clients it happens to; the others are connected elsewhere and stay out of the count. */
  readonly affected: number
  readonly reply: (request: Request) => Reply
  /** Over how long a perfect herd would spread what it does at this age, milliseconds. */
  readonly windowMs: (ageMs: number) => number
  /** How long the herd is watched, milliseconds. */
  readonly watchedMs: number
}

/** Requests per second that a perfect herd would make at this age. */
export function fairShare({ affected, windowMs }: Scenario, clients: number, ageMs: number): number {
  return (clients * affected * 1_000) / windowMs(ageMs)
}
