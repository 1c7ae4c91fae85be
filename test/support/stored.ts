import { onTestFinished } from 'vitest'
import { type ClientOptions, createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import type { Change } from '../../src/model/change-set.ts'
import type { MemoryDatabase } from '../../src/testing/memory-database.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'

export const USER = { kind: 'user', key: 'u-1' } as const

/** Returns a flag with this value for all contexts. */
export function constant(key: string, version: number, value: unknown, members: object = {}): object {
  return { key, version, on: true, variations: [value], fallthrough: { variation: 0 }, ...members }
}

/** Returns the flag as a put of a source. */
export function change(key: string, version: number, value: unknown, members: object = {}): Change {
  return { op: 'put', kind: 'flag', key, version, object: constant(key, version, value, members) }
}

/** Returns the flag as a row of a database. */
export function store(
  database: MemoryDatabase,
  key: string,
  version: number,
  value: unknown,
  members = {},
): void {
  database.put({ kind: 'flag', key, text: JSON.stringify(constant(key, version, value, members)) })
}

export interface Stored {
  readonly client: FlagClient
  readonly log: readonly string[]
  /** Returns the value of a flag; `'fallback'` if there is none. */
  readonly value: (key: string) => Promise<unknown>
  /** Returns the reason as one word. */
  readonly reason: (key: string) => Promise<string>
}

/** A client with virtual time. */
export function startClient(clock: VirtualClock, options: ClientOptions): Stored {
  const log: string[] = []
  const write = (message: string): void => void log.push(message)
  const logger = { debug: write, info: write, warn: write, error: write }
  const client = createClient('sdk-key', { clock, random: () => 0, sendEvents: false, logger, ...options })
  onTestFinished(async () => {
    const closing = client.close()
    await clock.advance(10_000)
    await closing
  })
  /** Advances the clock while reads wait for it. */
  const settle = async <T>(answer: Promise<T>): Promise<T> => {
    await clock.advance(0)
    return answer
  }
  return {
    client,
    log,
    value: (key) => settle(client.variation(key, USER, 'fallback')),
    reason: async (key) => {
      const { reason } = await settle(client.variationDetail(key, USER, 'fallback'))
      return reason.kind === 'ERROR' ? reason.errorKind : reason.kind
    },
  }
}

/** An owner that accepts all stored data as its own. */
export const ANY_OWNER = { owns: () => true }
