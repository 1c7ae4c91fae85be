import type { ServerResponse } from 'node:http'
import type { Clock, Undo } from '../../async/clock.ts'
import type { RequestTarget } from '../../server/request-target.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import type { RelayView } from '../view.ts'

/** What surfaces may know of the relay they tell of. */
export interface Surroundings {
  readonly config: () => RelayConfig
  readonly view: () => RelayView
  /** Calls back, without saying what, whenever data, a source or a database changed; not for every client that comes or goes. */
  readonly onChange: (call: () => void) => Undo
  readonly clock: Clock
  /** Aborts when the relay shuts down. */
  readonly closing: AbortSignal
  /** Hears of what failed for a reason of ours. */
  readonly onError: (error: unknown) => void
}

/** A path for operators, to be asked by GET without a key. */
export type Surface = (
  target: RequestTarget,
  response: ServerResponse,
  surroundings: Surroundings,
) => void | Promise<void>
