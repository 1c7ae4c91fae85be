import type { Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { Applied, Sink } from '../model/sink.ts'
import type { Selector } from '../selector/selector.ts'
import { Answer, type Reason } from './answer.ts'
import { type ChangeFrame, changeFrameOf } from './frame.ts'
import { History, type HistoryLimits } from './history.ts'

export interface PublicationOptions {
  readonly history?: HistoryLimits
  /** Hears of a subscriber that threw. */
  readonly onError: (error: unknown) => void
}

/** Data nobody can resume from. */
const UNNAMED: Selector = { state: '', version: 0 }

/** The published data: what a client is told depends on this and on the client's basis, on nothing else. */
export class Publication implements Sink {
  readonly #items = new Map<string, ChangeFrame>()
  readonly #history: History
  readonly #subscribers: Listeners<Answer>
  /** Full answers to the present data, by reason; with data of any size they are worth keeping. */
  readonly #full = new Map<Reason, Answer>()
  #target: Selector | undefined

  constructor({ history, onError }: PublicationOptions) {
    this.#history = new History(history)
    this.#subscribers = new Listeners(onError)
  }

  /** Where the data stands; undefined before there is any. A new object for each accepted change set. */
  get target(): Selector | undefined {
    return this.#target
  }

  accept({ changeSet, selector }: Applied): void {
    const changes = changeSet.changes.map(changeFrameOf)
    const target = { ...(selector ?? UNNAMED) }
    this.#remember(changeSet.type, changes)
    this.#target = target
    this.#full.clear()
    const update =
      changeSet.type === 'full'
        ? this.#everything(target, 'cant-catchup')
        : new Answer({ type: 'partial', reason: 'update', target, changes })
    this.#subscribers.emit(update)
  }

  /** What brings a client from its basis to the present; undefined while there is no data to bring. */
  answer(basis: string | undefined): Answer | undefined {
    const target = this.#target
    if (!target) return undefined
    if (!basis) return this.#everything(target, 'payload-missing')
    if (basis === target.state) return new Answer({ type: 'none', reason: 'up-to-date', target, changes: [] })
    const changes = this.#history.since(basis)
    return changes
      ? new Answer({ type: 'partial', reason: 'stale', target, changes })
      : this.#everything(target, 'cant-catchup')
  }

  /** Calls back for each change set accepted from now on, with what a client that was current is told. */
  subscribe(tell: (update: Answer) => void): Undo {
    return this.#subscribers.add(tell)
  }

  #remember(type: 'full' | 'partial', changes: readonly ChangeFrame[]): void {
    if (type === 'full') {
      this.#items.clear()
      this.#history.clear()
    } else if (this.#target) {
      this.#history.push(this.#target.state, changes)
    }
    for (const change of changes) {
      if (change.op === 'put') this.#items.set(change.id, change)
      else this.#items.delete(change.id)
    }
  }

  #everything(target: Selector, reason: Reason): Answer {
    const known = this.#full.get(reason)
    if (known) return known
    const answer = new Answer({ type: 'full', reason, target, changes: [...this.#items.values()] })
    this.#full.set(reason, answer)
    return answer
  }
}
