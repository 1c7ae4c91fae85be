import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openPlain } from './open-plain.ts'
import { openRelay } from './open-relay.ts'
import { offer } from './worker.ts'

/** Serves clients from this process. */
export type Serving = typeof serving

/**
 * `relay`: a real relay. The others have the same connection to the service and only forward changes: `floor` encodes a change once,
 * `separate` encodes it for each client.
 */
export type ServerName = 'relay' | 'floor' | 'separate'

export interface ServerSpec {
  readonly name: ServerName
  /** Address of the service. */
  readonly service: string
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const delay = monitorEventLoopDelay({ resolution: 1 })

const serving = {
  /** Resolves with the address once there is data. */
  open({ name, service }: ServerSpec): Promise<string> {
    return name === 'relay' ? openRelay(service) : openPlain(service, name)
  },

  /** Memory of JavaScript after a collection, inside and outside of the heap, in bytes. */
  async heap(): Promise<number> {
    // The second collection frees objects that the first one finalized.
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

  /** Longest turn of the event loop since {@link watchTurns}, in milliseconds. */
  longestTurn(): number {
    delay.disable()
    return delay.max / 1e6
  },
}

offer(serving)
