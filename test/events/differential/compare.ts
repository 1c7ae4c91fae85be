import { isDeepStrictEqual } from 'node:util'
import { Random } from '../../support/random.ts'
import { openOfficial, openOurs } from './clients.ts'
import { normalised } from './normalise.ts'
import type { Call, Session } from './session.ts'
import type { SentEvent, Sink } from './sink.ts'

/** The first event that differs; `undefined` if a side has no further event. */
export interface EventDifference {
  readonly official: SentEvent | undefined
  readonly ours: SentEvent | undefined
}

export interface Compared {
  readonly difference: EventDifference | undefined
  /** The events of the official SDK. */
  readonly events: readonly SentEvent[]
  readonly evaluations: number
}

/** Executes the calls of a session with both SDKs, and compares the events of each delivery. Rejects if one of them throws. */
export async function compareEvents(session: Session, sink: Sink): Promise<Compared> {
  const draws = new Draws(session.seed)
  const builtIn = Math.random
  // The official SDK draws with this function.
  Math.random = () => draws.next()
  const official = openOfficial(session, sink)
  const ours = await openOurs(session, sink, () => draws.next())
  const events: SentEvent[] = []
  let evaluations = 0
  try {
    for (const [index, call] of [...session.calls, LAST].entries()) {
      if (call.type === 'flush') {
        const [theirs, own] = [await official.delivered(), await ours.delivered()]
        const difference = firstDifference(theirs, own)
        events.push(...theirs)
        if (difference) return { difference, events, evaluations }
        continue
      }
      draws.restart(index)
      await official.call(call)
      draws.restart(index)
      await ours.call(call)
      if ('defaultValue' in call) evaluations += 1
    }
    return { difference: undefined, events, evaluations }
  } finally {
    official.close()
    ours.close()
    Math.random = builtIn
  }
}

const LAST: Call = { type: 'flush' }

function firstDifference(
  official: readonly SentEvent[],
  ours: readonly SentEvent[],
): EventDifference | undefined {
  for (let i = 0; i < Math.max(official.length, ours.length); i++) {
    const difference = { official: official[i], ours: ours[i] }
    if (!isDeepStrictEqual(normalised(difference.official), normalised(difference.ours))) return difference
  }
  return undefined
}

/** Random numbers that are the same for both SDKs: they begin anew with each call of each. */
class Draws {
  readonly #seed: number
  #random: Random

  constructor(seed: number) {
    this.#seed = seed
    this.#random = new Random(seed)
  }

  restart(call: number): void {
    this.#random = new Random(this.#seed * 1_000 + call)
  }

  next(): number {
    return this.#random.next()
  }
}
