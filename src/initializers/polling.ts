import type { Poll } from '../exchange/poll.ts'
import type { Initializer } from './initializer.ts'

export interface PollingInitializerOptions {
  readonly name: string
  readonly selectorScope?: string
  readonly poll: Poll
}

/** Polls once. After a failure the next source runs at once (D6). */
export function pollingInitializer({ poll, ...identity }: PollingInitializerOptions): Initializer {
  return { ...identity, fetch: poll }
}
