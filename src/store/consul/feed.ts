import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { onWake } from '../../async/freeze-detection.ts'
import { childOf, withDeadline } from '../../async/signals.ts'
import { sleep } from '../../async/sleep.ts'
import { changeBetween } from '../../layout/sidecar.ts'
import { StoreError } from '../../model/errors.ts'
import { tryParse } from '../../model/json.ts'
import type { ChangeFeed, StoreChange } from '../../model/persistent-store.ts'
import { type ConsulClient, consistencyQuery } from './client.ts'
import type { ConsulConsistency } from './options.ts'
import { entryOf } from './transactions.ts'

export interface ConsulFeedOptions {
  readonly client: ConsulClient
  readonly key: string
  readonly consistency: ConsulConsistency
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Maximum time of a blocking query, in milliseconds, shortened at random by up to a tenth so that readers do not
 * query all at once.
 */
const WAIT_MS = 300_000
/**
 * Extra time before a blocking query counts as failed, in milliseconds: Consul adds up to a sixteenth, the rest is
 * network time.
 */
const GRACE_MS = WAIT_MS / 16 + 10_000
/**
 * Pause after a response without a change, in milliseconds. Changes of neighbouring keys end a blocking query too.
 */
const PAUSE_MS = 100

interface SidecarState {
  readonly index: number
  readonly text: string | undefined
}

/**
 * Follows the sidecar with blocking queries and yields its changes. Misses the writes of other software, which does not
 * write the sidecar: following every row would wake all readers for each write.
 */
export class ConsulFeed implements ChangeFeed {
  readonly #options: ConsulFeedOptions

  constructor(options: ConsulFeedOptions) {
    this.#options = options
  }

  async *changes(signal: AbortSignal): AsyncGenerator<StoreChange, void, undefined> {
    const { clock, random } = this.#options
    // After the process was frozen, the connection may be dead: the sidecar is read at once, without a blocking
    // query.
    let mustRead = false
    let cancel: () => void = () => {}
    const undoWake = onWake({ clock, random }, () => {
      mustRead = true
      cancel()
    })
    const state = async (index: number | undefined): Promise<SidecarState | StoreError | 'cancelled'> => {
      const request = childOf(signal)
      cancel = request.end
      const waiting = mustRead ? undefined : index
      mustRead = false
      const found = await this.#read(waiting, request.signal)
      request.end()
      return mustRead ? 'cancelled' : found
    }
    try {
      yield* this.#follow(state, signal)
    } finally {
      undoWake()
    }
  }

  async *#follow(
    readFrom: (index: number | undefined) => Promise<SidecarState | StoreError | 'cancelled'>,
    signal: AbortSignal,
  ): AsyncGenerator<StoreChange, void, undefined> {
    const { clock, random } = this.#options
    const backoff = new Backoff({ clock, random, baseMs: 500 })
    let seen: SidecarState | undefined
    let interrupted = false
    while (!signal.aborted) {
      const state = await readFrom(seen?.index)
      if (signal.aborted) return
      if (state === 'cancelled') continue
      if (state instanceof StoreError) {
        if (!interrupted) yield { type: 'interrupted', reason: state.message }
        interrupted = true
        seen = undefined
        await sleep(clock, backoff.failed(), signal)
        continue
      }
      backoff.succeeded()
      interrupted = false
      const change = seen ? sidecarChange(seen, state) : ({ type: 'replaced' } as const)
      // The index went back: Consul restarted its count, for example after it lost its data.
      const isBehind = seen !== undefined && state.index < seen.index
      seen = isBehind ? undefined : state
      if (change && !isBehind) yield change
      else await sleep(clock, PAUSE_MS, signal)
    }
  }

  /** Reads the sidecar. With an index, waits until it changes or the time is over. */
  async #read(index: number | undefined, signal: AbortSignal): Promise<SidecarState | StoreError> {
    const { client, key, consistency, clock, random } = this.#options
    const waitMs = Math.round(WAIT_MS * (1 - random() / 10))
    const waiting = index === undefined ? {} : { index: String(index), wait: `${waitMs}ms` }
    const deadlineMs = GRACE_MS + (index === undefined ? 0 : waitMs)
    const query = { ...waiting, ...consistencyQuery(consistency) }
    const ask = { method: 'GET', query, expected: [200, 404] } as const
    try {
      const answer = await withDeadline(clock, deadlineMs, signal, (inTime) =>
        client.requestKey(key, ask, inTime),
      )
      // A query with an invalid index would return at once, in a busy loop.
      if (!(answer.index > 0)) return new StoreError('unavailable', `${client.name} sent no index`)
      const entries = answer.status === 200 ? tryParse(answer.text) : undefined
      const entry = Array.isArray(entries) ? entryOf(entries[0]) : undefined
      return { index: answer.index, text: entry?.text }
    } catch (error) {
      if (error instanceof StoreError) return error
      throw error
    }
  }
}

/** Returns the change between two states. A missing sidecar alone is no change: it is absent during a full write. */
function sidecarChange(before: SidecarState, after: SidecarState): StoreChange | undefined {
  return after.text === undefined ? undefined : changeBetween(before.text, after.text)
}
