import type { RelayView } from '../view.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** What viewers are told of the relay, as the data of an event `view`. */
export interface Told {
  readonly verdict: Verdict
  readonly view: RelayView
}

/** What viewers are told of the relay, encoded once for all of them. */
export interface News {
  /** Equal for two that say the same but for the time. */
  readonly essence: string
  /** The event `view`. */
  readonly view: Buffer
  /** The event `alive`, for whoever knows the rest: the relay's clock. */
  readonly alive: Buffer
}

export function newsOf(view: RelayView): News {
  const { now } = view
  const told: Told = { verdict: verdictOf(view), view }
  return {
    essence: JSON.stringify(timeless(view)),
    view: eventOf('view', told),
    alive: eventOf('alive', { now }),
  }
}

/** Age grows by itself; what is news is when data was last confirmed, to the second. */
function timeless({ now, ...view }: RelayView): object {
  const environments = view.environments.map(({ source: { ageMs, ...source }, ...environment }) => ({
    ...environment,
    source,
    confirmed: ageMs === undefined ? undefined : Math.round((now - ageMs) / 1_000),
  }))
  return { ...view, environments }
}

/** JSON holds no raw line break, so its data is one line. */
function eventOf(name: string, data: object): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}
