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
import type { Consistency } from './options.ts'
import { entryOf } from './transactions.ts'

export interface ConsulFeedOptions {
  readonly client: ConsulClient
  /** The key of the sidecar. */
  readonly key: string
  readonly consistency: Consistency
  readonly clock: Clock
  readonly random: () => number
}

/** How long Consul may wait for a change; up to a tenth less, so that not all ask again together. */
const WAIT_MS = 300_000
/** Consul adds up to a sixteenth; the rest is for the way. */
const GRACE_MS = WAIT_MS / 16 + 10_000
/** After an answer that said nothing new: a neighbour of a key that is not there wakes us too. */
const PAUSE_MS = 100

/** The sidecar as it is, and the moment it is of. */
interface SidecarState {
  readonly index: number
  readonly text: string | undefined
}

/**
 * Waits for changes of the sidecar, which comes with or after each write of Halyard, and tells what they were. Other
 * software does not touch the sidecar, so its writes are not told: to hear of those, everybody would have to be woken
 * for every row, and to be told all keys each time.
 */
export class ConsulFeed implements ChangeFeed {
  readonly #options: ConsulFeedOptions

  constructor(options: ConsulFeedOptions) {
    this.#options = options
  }

  async *changes(signal: AbortSignal): AsyncGenerator<StoreChange, void, undefined> {
    const { clock, random } = this.#options
    // The connection may have died while the process was frozen: the sidecar is read at once, without waiting for a change.
    let inDoubt = false
    let giveUp: () => void = () => {}
    const undoWake = onWake({ clock, random }, () => {
      inDoubt = true
      giveUp()
    })
    const look = async (index: number | undefined): Promise<SidecarState | StoreError | 'given up'> => {
      const asking = childOf(signal)
      giveUp = asking.end
      const waiting = inDoubt ? undefined : index
      inDoubt = false
      const found = await this.#look(waiting, asking.signal)
      asking.end()
      return inDoubt ? 'given up' : found
    }
    try {
      yield* this.#follow(look, signal)
    } finally {
      undoWake()
    }
  }

  async *#follow(
    lookFrom: (index: number | undefined) => Promise<SidecarState | StoreError | 'given up'>,
    signal: AbortSignal,
  ): AsyncGenerator<StoreChange, void, undefined> {
    const { clock, random } = this.#options
    const backoff = new Backoff({ clock, random, baseMs: 500 })
    let seen: SidecarState | undefined
    let interrupted = false
    while (!signal.aborted) {
      const look = await lookFrom(seen?.index)
      if (signal.aborted) return
      if (look === 'given up') continue
      if (look instanceof StoreError) {
        if (!interrupted) yield { type: 'interrupted', reason: look.message }
        interrupted = true
        seen = undefined
        await sleep(clock, backoff.failed(), signal)
        continue
      }
      backoff.succeeded()
      interrupted = false
      const change = seen ? newsBetween(seen, look) : ({ type: 'replaced' } as const)
      // Consul began to count anew, as after the loss of its data.
      const isBehind = seen !== undefined && look.index < seen.index
      seen = isBehind ? undefined : look
      if (change && !isBehind) yield change
      else await sleep(clock, PAUSE_MS, signal)
    }
  }

  /** Answers at once without an index; with one, when something changed or the wait is over. */
  async #look(index: number | undefined, signal: AbortSignal): Promise<SidecarState | StoreError> {
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
      // Asking with what is no index would be answered at once, over and over.
      if (!(answer.index > 0)) return new StoreError('unavailable', `${client.name} told no index`)
      const entries = answer.status === 200 ? tryParse(answer.text) : undefined
      const entry = Array.isArray(entries) ? entryOf(entries[0]) : undefined
      return { index: answer.index, text: entry?.text }
    } catch (error) {
      if (error instanceof StoreError) return error
      throw error
    }
  }
}

/** While everything is written there is no sidecar: that alone is no news. */
function newsBetween(before: SidecarState, after: SidecarState): StoreChange | undefined {
  return after.text === undefined ? undefined : changeBetween(before.text, after.text)
}
