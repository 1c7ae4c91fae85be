import { bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import type { BigSegmentMembership, BigSegmentStore } from '../../src/model/big-segment-store.ts'
import { StoreError } from '../../src/model/errors.ts'

/** A store of big segments whose answers a test sets, and which records what it is asked. */
export class ScriptedStore implements BigSegmentStore {
  readonly name = 'the scripted store'
  /** The hashes that were queried, in order. */
  readonly queries: string[] = []
  polls = 0
  closings = 0
  /** The members, by context key and reference. */
  members: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {}
  synchronizedOn: number | undefined = 0
  /** The behaviour of the next calls in place of an answer. */
  failing: { metadata?: () => Promise<never>; membership?: () => Promise<never> } = {}

  async metadata(signal: AbortSignal): Promise<{ readonly synchronizedOn: number | undefined }> {
    this.polls++
    await this.#fail(this.failing.metadata, signal)
    return { synchronizedOn: this.synchronizedOn }
  }

  async membership(hash: string, signal: AbortSignal): Promise<BigSegmentMembership> {
    this.queries.push(hash)
    await this.#fail(this.failing.membership, signal)
    const key = Object.keys(this.members).find((each) => bigSegmentHash(each) === hash)
    return new Map(Object.entries((key !== undefined && this.members[key]) || {}))
  }

  close(): Promise<void> {
    this.closings++
    return Promise.resolve()
  }

  async #fail(fail: (() => Promise<never>) | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!fail) return
    await new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      fail().catch(reject)
    })
  }
}

export const down = (): Promise<never> =>
  Promise.reject(new StoreError('unavailable', 'the database is down'))
export const hang = (): Promise<never> => new Promise(() => {})
