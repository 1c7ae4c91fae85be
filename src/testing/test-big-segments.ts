import type { Undo } from '../async/clock.ts'
import { Listeners, rethrow } from '../async/listeners.ts'
import { bigSegmentHash } from '../big-segments/big-segments.ts'
import type { PollResponder, StreamResponder } from './responder.ts'

/** A change of the members of a big segment. */
export interface TestMemberChange {
  /** Changes of the contexts that the segment includes. Default: none. */
  readonly included?: TestMemberLists
  /** Changes of the contexts that the segment excludes. Default: none. */
  readonly excluded?: TestMemberLists
}

/** Context keys. */
export interface TestMemberLists {
  /** Keys to add. Default: none. */
  readonly add?: readonly string[]
  /** Keys to remove. Default: none. */
  readonly remove?: readonly string[]
}

interface WirePatch {
  readonly environmentId: string
  readonly segmentId: string
  readonly version: string
  readonly previousVersion: string
  readonly changes: Readonly<Record<'included' | 'excluded', Readonly<Record<'add' | 'remove', string[]>>>>
}

const encoder = new TextEncoder()
const NO_GOODBYE = new Uint8Array(0)

/** Patches in one answer to a poll. */
const PAGE = 100

/**
 * The members of big segments that a scripted origin sends to relays. Each change is one patch with a version.
 *
 * @example
 * ```ts
 * origin.data.setSegment({ key: 'beta', unbounded: true, generation: 1 })
 * origin.bigSegments.change('beta.g1', { included: { add: ['ada'] } })
 * ```
 */
export class TestBigSegments {
  readonly #patches: WirePatch[] = []
  readonly #listeners = new Listeners<readonly WirePatch[]>(rethrow)

  /** The latest version; empty before the first change. */
  get version(): string {
    return this.#patches.at(-1)?.version ?? ''
  }

  /**
   * Changes the members of a segment, and sends the patch to open streams. Returns its version.
   *
   * @param reference - key and generation of the segment, for example `beta.g1`.
   */
  change(reference: string, change: TestMemberChange): string {
    return this.changeAll([[reference, change]])
  }

  /** Makes several changes, and sends their patches to open streams in one event. Returns the last version. */
  changeAll(changes: readonly (readonly [reference: string, change: TestMemberChange])[]): string {
    this.#listeners.emit(changes.map(([reference, change]) => this.#add(reference, change)))
    return this.version
  }

  /** Changes the members of a segment without an event, so that open streams have a gap. Returns the version. */
  changeSilently(reference: string, change: TestMemberChange): string {
    return this.#add(reference, change).version
  }

  /**
   * The address that returns the patches after a version.
   *
   * @internal
   */
  get poll(): PollResponder {
    return {
      type: 'poll',
      contentType: 'application/json',
      initial: (after) => encoder.encode(JSON.stringify(this.#after(after))),
      goodbye: () => NO_GOODBYE,
    }
  }

  /**
   * The address that sends later patches.
   *
   * @internal
   */
  get stream(): StreamResponder {
    return {
      type: 'stream',
      contentType: 'text/event-stream',
      initial: () => encoder.encode(':\n\n'),
      follow: (send) => this.#follow(send),
      goodbye: () => NO_GOODBYE,
    }
  }

  #follow(send: (bytes: Uint8Array) => void): Undo {
    return this.#listeners.add((patches) =>
      send(encoder.encode(`event: patch\ndata: ${JSON.stringify(patches)}\n\n`)),
    )
  }

  #after(version: string | undefined): readonly WirePatch[] {
    const index = this.#patches.findIndex((patch) => patch.version === version)
    return this.#patches.slice(index + 1, index + 1 + PAGE)
  }

  #add(segmentId: string, { included, excluded }: TestMemberChange): WirePatch {
    const patch = {
      environmentId: 'test',
      segmentId,
      version: `v${this.#patches.length + 1}`,
      previousVersion: this.version,
      changes: { included: hashed(included), excluded: hashed(excluded) },
    }
    this.#patches.push(patch)
    return patch
  }
}

function hashed({ add = [], remove = [] }: TestMemberLists = {}): { add: string[]; remove: string[] } {
  return { add: add.map(bigSegmentHash), remove: remove.map(bigSegmentHash) }
}
