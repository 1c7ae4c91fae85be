import type { Change, ChangeSet, ItemLookup } from '../model/change-set.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import { TOO_DEEP } from '../model/nesting.ts'
import type { Directive } from '../model/source-result.ts'
import { directiveOfGoodbye, isEventName } from './events.ts'
import {
  type LeftOut,
  type Malformed,
  readDelete,
  readIntent,
  readPatch,
  readPut,
  readTransferred,
} from './read-event.ts'

/** What one event amounted to. */
export type Decoded =
  /** Nothing to tell yet. */
  | { readonly type: 'pending' }
  /** Not a word of the protocol, or a sign of life: of no consequence. */
  | { readonly type: 'ignored' }
  | { readonly type: 'changeSet'; readonly changeSet: ChangeSet }
  | { readonly type: 'skipped'; readonly key: string; readonly reason: string }
  | { readonly type: 'goodbye'; readonly reason: string; readonly directive?: Directive }
  /** The server gave up on the payload it was sending; what had come of it is dropped. */
  | { readonly type: 'aborted'; readonly reason: string }
  /** The conversation makes no sense any more: drop the connection. */
  | Violation

export interface Violation {
  readonly type: 'violation'
  readonly message: string
  readonly event: string
  readonly key?: string
}

/**
 * What the next put, delete or transfer means. `broken` is an unfinished full payload whose server said
 * `error`: part of it is gone, so only a new intent can follow.
 */
type Mode = 'inactive' | 'full' | 'changes' | 'broken'

const PENDING: Decoded = { type: 'pending' }
const IGNORED: Decoded = { type: 'ignored' }

/**
 * Turns the events of one connection, or of one poll body, into change sets. Pure: no I/O, no time. Make a new
 * one for each connection, so that half a payload never survives into the next.
 */
export class Decoder {
  readonly #held: ItemLookup
  #mode: Mode = 'inactive'
  #changes: Change[] = []
  #open = false

  /** @param held what patches apply to; without it none does. */
  constructor(held: ItemLookup = () => undefined) {
    this.#held = held
  }

  /** What the payload has made of an object so far; a full payload makes it of nothing. */
  readonly #present: ItemLookup = (kind, key) => {
    const latest = this.#changes.findLast((change) => change.kind === kind && change.key === key)
    if (latest) return latest.op === 'put' ? latest.object : undefined
    return this.#mode === 'full' ? undefined : this.#held(kind, key)
  }

  /** Whether a payload has begun and not ended. */
  get transferring(): boolean {
    return this.#open
  }

  /** Takes an event whose data is still text. Data of unknown events is not parsed. */
  decodeText(event: string, text: string): Decoded {
    if (!isEventName(event)) return IGNORED
    let data: unknown = {}
    try {
      // An event may come without data; whether that will do is for its shape to say.
      if (text !== '') data = JSON.parse(text)
    } catch {
      return this.#violation(event, 'its data is not JSON')
    }
    return this.decode(event, data)
  }

  /** Takes an event whose data is parsed. */
  decode(event: string, data: unknown): Decoded {
    if (!isEventName(event)) return IGNORED
    if (!isJsonObject(data)) return this.#violation(event, 'its data is not an object')
    switch (event) {
      case 'server-intent':
        return this.#intent(data)
      case 'put-object':
        return this.#change(event, data, readPut(data))
      case 'patch-object':
        return this.#change(event, data, readPatch(data, this.#present))
      case 'delete-object':
        return this.#change(event, data, readDelete(data))
      case 'payload-transferred':
        return this.#transferred(data)
      case 'error':
        return this.#aborted(data)
      case 'goodbye':
        return this.#goodbye(data)
      default:
        return event satisfies never
    }
  }

  #intent(data: JsonObject): Decoded {
    const intent = readIntent(data)
    if (typeof intent !== 'string') return this.#violation('server-intent', intent.malformed)
    this.#reset(intent === 'xfer-full' ? 'full' : 'changes')
    if (intent === 'none') return { type: 'changeSet', changeSet: { type: 'none' } }
    this.#open = true
    return PENDING
  }

  #change(
    event: 'put-object' | 'patch-object' | 'delete-object',
    data: JsonObject,
    change: Change | Malformed | LeftOut,
  ): Decoded {
    const key = typeof data.key === 'string' ? data.key : undefined
    if (this.#mode === 'inactive' || this.#mode === 'broken') return this.#outOfOrder(event, key)
    if (change === 'unknown kind') return PENDING
    if (change === 'null object') return { type: 'skipped', key: key ?? '', reason: 'its object is null' }
    if (change === 'too deep') return { type: 'skipped', key: key ?? '', reason: TOO_DEEP }
    if ('malformed' in change) return this.#violation(event, change.malformed, key)
    this.#open = true
    this.#changes.push(change)
    return PENDING
  }

  #transferred(data: JsonObject): Decoded {
    if (this.#mode === 'inactive' || this.#mode === 'broken') return this.#outOfOrder('payload-transferred')
    const transferred = readTransferred(data)
    if ('malformed' in transferred) return this.#violation('payload-transferred', transferred.malformed)
    const type = this.#mode === 'full' ? 'full' : 'partial'
    const changes = this.#changes
    // What follows a transfer without an intent is a delta upon it.
    this.#reset('changes')
    // An empty state is no selector: there is data, but nothing to resume from.
    const changeSet: ChangeSet =
      transferred.state === '' ? { type, changes } : { type, changes, selector: transferred }
    return { type: 'changeSet', changeSet }
  }

  #aborted(data: JsonObject): Decoded {
    this.#reset(this.#mode === 'full' ? 'broken' : this.#mode)
    return { type: 'aborted', reason: reasonOf(data) }
  }

  #goodbye(data: JsonObject): Decoded {
    this.#reset('inactive')
    const directive = directiveOfGoodbye(data)
    return { type: 'goodbye', reason: reasonOf(data), ...(directive && { directive }) }
  }

  #outOfOrder(event: string, key?: string): Violation {
    const wanted = this.#mode === 'broken' ? 'a new server-intent after error' : 'a server-intent first'
    return this.#violation(event, `it came where the protocol wants ${wanted}`, key)
  }

  #violation(event: string, message: string, key?: string): Violation {
    this.#reset('inactive')
    return { type: 'violation', event, message, ...(key !== undefined && { key }) }
  }

  #reset(mode: Mode): void {
    this.#mode = mode
    this.#changes = []
    this.#open = false
  }
}

function reasonOf(data: JsonObject): string {
  return typeof data.reason === 'string' ? data.reason : 'no reason given'
}
