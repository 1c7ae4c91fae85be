/** The answer to one request: a correct answer, a refused connection, or a status. */
export type Reply = 'well' | 'refused' | { readonly status: number; readonly retryAfterSeconds?: number }

export interface Request {
  readonly kind: 'stream' | 'poll'
  /** Time since the fault, in milliseconds. */
  readonly ageMs: number
}

/** A fault that affects all clients of a service at the same moment. */
export interface Scenario {
  readonly name: string
  readonly what: string
  /** Preset of the clients. */
  readonly plan: 'streaming' | 'default'
  /** End of the open streams, at age 0. */
  readonly streamsEnd: 'goodbye' | 'reset'
  /** Part of the clients that are affected. Others use another region and are not counted. */
  readonly affected: number
  readonly reply: (request: Request) => Reply
  /** Window over which requests would be spread evenly at this age, in milliseconds. */
  readonly windowMs: (ageMs: number) => number
  /** Simulated time after the fault, in milliseconds. */
  readonly watchedMs: number
}

/** Returns the requests per second at this age if they were spread evenly. */
export function fairShare({ affected, windowMs }: Scenario, clients: number, ageMs: number): number {
  return (clients * affected * 1_000) / windowMs(ageMs)
}
