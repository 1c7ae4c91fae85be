import type { Clock } from '../../async/clock.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import type { RelayView } from '../view.ts'

/** What answers to operators are made of. */
export interface RelayState {
  readonly view: RelayView
  readonly config: RelayConfig
}

export interface StateSource {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly view: () => RelayView
  readonly config: () => RelayConfig
}

/** How long all answers to operators are made of the same state, in milliseconds. */
const REUSE_MS = 250

/**
 * Returns a function that reads the state at most every 250 ms, and when the configuration is another: anybody may ask without
 * a key, and with many environments an answer takes milliseconds to make.
 */
export function sharedState({ clock, view, config }: StateSource): () => RelayState {
  let last: { readonly state: RelayState; readonly at: number } | undefined
  return () => {
    const at = clock.monotonic()
    const isCurrent = last && at - last.at < REUSE_MS && last.state.config === config()
    if (!last || !isCurrent) last = { state: { view: view(), config: config() }, at }
    return last.state
  }
}

/** Makes a value once for each state, and keeps it as long as the state. */
export function oncePerState<T extends object>(make: (state: RelayState) => T): (state: RelayState) => T {
  const made = new WeakMap<RelayState, T>()
  return (state) => {
    const value = made.get(state) ?? make(state)
    made.set(state, value)
    return value
  }
}
