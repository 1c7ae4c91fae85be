import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openPlain } from './open-plain.ts'
import { openRelay } from './open-relay.ts'
import { offer } from './worker.ts'

/** Somebody who serves a crowd; this module is their process. */
export type Serving = typeof serving

/**
 * `relay`: the real one. The others have the same connection to the service and do nothing but pass changes on:
 * `floor`, encoded once, and `separate`, encoded for each client.
 */
export type ServerName = 'relay' | 'floor' | 'separate'

export interface ServerSpec {
  readonly name: ServerName
  /** Where the data comes from. */
  readonly service: string
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const delay = monitorEventLoopDelay({ resolution: 1 })

const serving = {
  /** Resolves with its address once it has data. */
  open({ name, service }: ServerSpec): Promise<string> {
    return name === 'relay' ? openRelay(service) : openPlain(service, name)
  },

  /** What JavaScript holds after a collection, in its heap and outside of it, bytes. */
  async heap(): Promise<number> {
    // Twice: what is finalized by the first is freed by the second.
    for (let round = 0; round < 2; round++) {
      collect()
      await sleep(100)
    }
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  },

  /** Processor time of all threads so far. */
  cpuMs(): number {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  },

  watchTurns(): void {
    delay.reset()
    delay.enable()
  },

  /** The longest time the event loop did not turn since {@link watchTurns}, ms. */
  longestTurn(): number {
    delay.disable()
    return delay.max / 1e6
  },
}

offer(serving)
