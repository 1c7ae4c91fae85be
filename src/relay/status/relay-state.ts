import type { Clock } from '../../async/clock.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import type { RequestsView } from '../requests/request-counts.ts'
import type { RelayView } from '../view.ts'

export interface RelayState {
  readonly view: RelayView
  readonly requests: RequestsView
  readonly config: RelayConfig
}

export interface StateSource {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly view: () => RelayView
  readonly requests: () => RequestsView
  readonly config: () => RelayConfig
}

const REUSE_MS = 250

/**
 * Returns a function that reads the state at most every 250 ms, or when the configuration has changed. These requests need no
 * key, and with many environments an answer takes milliseconds to prepare.
 */
export function sharedState({ clock, view, requests, config }: StateSource): () => RelayState {
  let last: { readonly state: RelayState; readonly at: number } | undefined
  return () => {
    const at = clock.monotonic()
    const isCurrent = last && at - last.at < REUSE_MS && last.state.config === config()
    if (!last || !isCurrent) last = { state: stateOf(view(), requests, config()), at }
    return last.state
  }
}

/** Reads the statistics of requests only if they are needed, because `/status` does not have them. */
function stateOf(view: RelayView, requests: () => RequestsView, config: RelayConfig): RelayState {
  let read: RequestsView | undefined
  return {
    view,
    get requests() {
      read ??= requests()
      return read
    },
    config,
  }
}

/** Returns a function that computes a value once for each state and caches it as long as the state exists. */
export function oncePerState<T extends object>(make: (state: RelayState) => T): (state: RelayState) => T {
  const cache = new WeakMap<RelayState, T>()
  return (state) => {
    const value = cache.get(state) ?? make(state)
    cache.set(state, value)
    return value
  }
}
