import type { Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { AppliedChangeSet, Snapshot } from '../model/change-set.ts'
import type { Conversation } from './event-stream.ts'
import { changeEvents, type Fdv1Scope, putEvent } from './fdv1-answers.ts'
import type { TrafficCounter } from './traffic.ts'

export interface Fdv1NewsOptions {
  /** What is held; `undefined` while there is nothing. */
  readonly snapshot: () => Snapshot | undefined
  readonly traffic: TrafficCounter
  readonly onError: (error: unknown) => void
}

/** Bytes that bring whoever is one revision behind to the present, or everybody. */
interface Bulletin {
  readonly type: 'full' | 'partial'
  readonly bytes: Buffer
}

/** What streams of FDv1 say: everything, then each change, encoded once however many listen. */
export class Fdv1News {
  readonly #options: Fdv1NewsOptions
  readonly #subscribers: Listeners<void>
  #revision = 0
  #latest: AppliedChangeSet = { type: 'full', changes: [] }
  readonly #bulletins = new Map<string, Bulletin>()

  constructor(options: Fdv1NewsOptions) {
    this.#options = options
    this.#subscribers = new Listeners(options.onError)
  }

  tell(changeSet: AppliedChangeSet): void {
    this.#revision++
    this.#latest = changeSet
    this.#bulletins.clear()
    this.#subscribers.emit()
  }

  /** `taken` is called once the client has taken the first answer; perhaps more than once. */
  converse(scope: Fdv1Scope, taken: Undo): Conversation {
    let told: number | undefined
    return {
      next: () => {
        if (told !== undefined) taken()
        if (told === this.#revision) return undefined
        const bulletin = this.#bulletin(scope, told === this.#revision - 1 ? this.#latest.type : 'full')
        told = this.#revision
        if (!bulletin || bulletin.bytes.length === 0) return undefined
        this.#options.traffic.answered(bulletin.type, bulletin.bytes.length, 0)
        return bulletin.bytes
      },
      subscribe: (ring): Undo => this.#subscribers.add(ring),
      farewell: () => undefined,
    }
  }

  #bulletin(scope: Fdv1Scope, type: Bulletin['type']): Bulletin | undefined {
    const name = `${scope} ${type}`
    const known = this.#bulletins.get(name)
    if (known) return known
    const snapshot = type === 'full' ? this.#options.snapshot() : undefined
    if (type === 'full' && !snapshot) return undefined
    const bytes = snapshot ? putEvent(snapshot, scope) : changeEvents(this.#latest.changes, scope)
    const bulletin: Bulletin = { type, bytes }
    this.#bulletins.set(name, bulletin)
    return bulletin
  }
}
