import type { Change, ChangeSet, ItemLookup } from '../model/change-set.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import { TOO_DEEP } from '../model/nesting.ts'
import type { Directive } from '../model/source-result.ts'
import { directiveOfGoodbye, type EventName, isEventName } from './events.ts'
import {
  type LeftOut,
  type Malformed,
  readDelete,
  readIntent,
  readPatch,
  readPut,
  readTransferred,
} from './read-event.ts'

export type Decoded =
  /** A part of a payload that is not complete yet. */
  | { readonly type: 'pending' }
  /** An unknown event or a heartbeat. It has no effect. */
  | { readonly type: 'ignored' }
  | { readonly type: 'changeSet'; readonly changeSet: ChangeSet }
  | { readonly type: 'skipped'; readonly key: string; readonly reason: string }
  | { readonly type: 'goodbye'; readonly reason: string; readonly directive?: Directive }
  /** The server abandoned the payload that it was sending. The part received so far is dropped. */
  | { readonly type: 'aborted'; readonly reason: string }
  /** A violation of the protocol. The caller must drop the connection. */
  | Violation

export interface Violation {
  readonly type: 'violation'
  readonly message: string
  readonly event: string
  readonly key?: string
}

/**
 * The state of a payload, which determines the meaning of the next put, delete or transfer. `broken` is an unfinished full
 * payload after an `error` event: a part of it is lost, so only a new intent can follow.
 */
type Mode = 'inactive' | 'full' | 'changes' | 'broken'

const PENDING: Decoded = { type: 'pending' }
const IGNORED: Decoded = { type: 'ignored' }

/**
 * Decodes the events of one connection, or of one poll body, into change sets, without I/O or timers. Each connection needs a
 * new decoder, so that an incomplete payload does not continue on the next connection.
 */
export class Decoder {
  readonly #held: ItemLookup
  #mode: Mode = 'inactive'
  #changes: Change[] = []
  #open = false

  /** @param held - returns the objects that patches apply to. Without it, no patch applies. */
  constructor(held: ItemLookup = () => undefined) {
    this.#held = held
  }

  /** Returns an object as the current payload has changed it so far. A full payload begins without objects. */
  readonly #present: ItemLookup = (kind, key) => {
    const latest = this.#changes.findLast((change) => change.kind === kind && change.key === key)
    if (latest) return latest.op === 'put' ? latest.object : undefined
    return this.#mode === 'full' ? undefined : this.#held(kind, key)
  }

  get transferring(): boolean {
    return this.#open
  }

  /** Decodes an event whose data is text. The data of unknown events is not parsed. */
  decodeText(event: string, text: string): Decoded {
    if (!isEventName(event)) return IGNORED
    let data: unknown = {}
    try {
      // An event can have no data. The check of its shape decides whether that is valid.
      if (text !== '') data = JSON.parse(text)
    } catch {
      return this.#violation(event, 'its data is not JSON')
    }
    return this.#decode(event, data)
  }

  decode(event: string, data: unknown): Decoded {
    return isEventName(event) ? this.#decode(event, data) : IGNORED
  }

  #decode(event: EventName, data: unknown): Decoded {
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
    // Changes that follow a transfer without a new intent are a delta to it.
    this.#reset('changes')
    // An empty state is not a selector: the data is valid, but a source cannot resume from it.
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
    const required = this.#mode === 'broken' ? 'a new server-intent after error' : 'a server-intent first'
    return this.#violation(event, `it came where the protocol wants ${required}`, key)
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
