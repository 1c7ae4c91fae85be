import type { Clock, Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { Applied, AppliedChangeSet, Sink } from '../model/change-set.ts'
import type { Selector } from '../selector/selector.ts'
import { ChangeSetAnswer, type FoldedFrame, type Frame, type Reason } from './answer.ts'
import { History, type HistoryLimits, pathBetween, pathByAncestor, type Step } from './history.ts'
import { PublishedItems } from './published-items.ts'

export interface PublicationOptions {
  readonly clock: Clock
  readonly history?: HistoryLimits
  /** Receives each step between two states. */
  readonly onStep: (step: Step) => void
  /** Hears what differs from what was published before; everything, where there was nothing. */
  readonly onDifference: (changeSet: AppliedChangeSet) => void
  /** Hears of a subscriber that threw. */
  readonly onError: (error: unknown) => void
}

/** A delta of fewer characters is sent even where everything would be shorter. */
const SMALL_DELTA = 1_024

/** Of the answers to clients that come from different states, each encoded once; clients of more are rare. */
const MAX_ANSWERS = 64

/** The published data: what a client is told depends on this and on the client's basis, on nothing else. */
export class Publication implements Sink {
  readonly #options: PublicationOptions
  readonly #items = new PublishedItems()
  readonly #history: History
  readonly #subscribers: Listeners<void>
  /** Answers to the present data, by the basis they begin at. */
  readonly #answers = new Map<string, ChangeSetAnswer>()
  /** Full ones, by reason. */
  readonly #full = new Map<Reason, ChangeSetAnswer>()
  #target: Selector | undefined

  constructor(options: PublicationOptions) {
    this.#options = options
    this.#history = new History(options.clock, options.history)
    this.#subscribers = new Listeners(options.onError)
  }

  /** Where the data stands; undefined before there is any. A new object for each accepted change set. */
  get target(): Selector | undefined {
    return this.#target
  }

  /** How long a full payload would be, about, bytes. */
  get size(): number {
    return this.#items.size
  }

  accept({ changeSet: { type, changes }, selector }: Applied): void {
    const { clock, onStep, onDifference } = this.#options
    const from = this.#target
    const touches = type === 'full' ? this.#items.replace(changes) : this.#items.apply(changes)
    const target = { ...(selector ?? this.#items.contentSelector()) }
    // Polls of FDv1 bring the same data again and again.
    if (!selector && from?.state === target.state) return
    this.#target = target
    this.#answers.clear()
    this.#full.clear()
    if (!touches) this.#history.clear()
    if (from && from.state !== target.state) {
      const step = { from: from.state, to: target.state, at: clock.now(), touches }
      this.#history.push(step)
      onStep(step)
    }
    onDifference(
      from && touches
        ? { type: 'partial', changes: touches.map((touch) => this.#items.since(touch).change) }
        : { type: 'full', changes: this.#items.all().map(({ change }) => change) },
    )
    this.#subscribers.emit()
  }

  /** Drops history and name of the data: whatever is accepted next is everything to everybody. */
  forget(): void {
    this.#history.clear()
    this.#target = undefined
  }

  /** What brings a client from its basis to the present; undefined while there is no data to bring. */
  answer(basis = ''): ChangeSetAnswer | undefined {
    const target = this.#target
    if (!target) return undefined
    if (basis === '') return this.#everything(target, 'payload-missing')
    return this.answerFrom(basis) ?? this.#everything(target, 'cant-catchup')
  }

  /** The same for a basis the history reaches, or these steps of others; undefined for any other. */
  answerFrom(basis: string, peerHistory: readonly Step[] = []): ChangeSetAnswer | undefined {
    const target = this.#target
    if (!target || basis === '') return undefined
    const known = this.#answers.get(basis)
    if (known) return known
    const answer = this.#catchUp(basis, target, peerHistory)
    if (answer && this.#answers.size < MAX_ANSWERS) this.#answers.set(basis, answer)
    return answer
  }

  /** Calls back whenever there is something to say. */
  subscribe(ring: () => void): Undo {
    return this.#subscribers.add(ring)
  }

  #catchUp(basis: string, target: Selector, peerHistory: readonly Step[]): ChangeSetAnswer | undefined {
    if (basis === target.state)
      return new ChangeSetAnswer({ type: 'none', reason: 'up-to-date', target, changes: [] })
    const steps = [...peerHistory, ...this.#history.steps]
    const path = pathBetween(steps, basis, target.state)
    if (!path) return this.#meet(basis, target, steps)
    return this.#delta(target, this.#items.fold(path.flatMap(({ touches = [] }) => touches)))
  }

  /** Answers a client that knows a later state than this server, or was on another way from a common state to the present. */
  #meet(basis: string, target: Selector, steps: readonly Step[]): ChangeSetAnswer | undefined {
    const legs = pathByAncestor(steps, basis, target.state)
    const comparison = legs && this.#items.compare(legs)
    if (!comparison) return undefined
    if (comparison.length > 0) return this.#delta(target, this.#items.fold(comparison))
    // What is here is not later anywhere: the client keeps what it has until this server has caught up (decision 19).
    const ahead = { state: basis, version: target.version }
    const known = legs.map(({ step }) => step)
    return new ChangeSetAnswer({ type: 'none', reason: 'up-to-date', target: ahead, changes: [], known })
  }

  #delta(target: Selector, changes: readonly FoldedFrame[] | undefined): ChangeSetAnswer | undefined {
    if (!changes) return undefined
    const length = changes.reduce((sum, { whole }) => sum + whole.json.length, 0)
    if (length > Math.max(this.#items.size, SMALL_DELTA)) return undefined
    return new ChangeSetAnswer({ type: 'partial', reason: 'stale', target, changes })
  }

  #everything(target: Selector, reason: Reason): ChangeSetAnswer {
    const answer =
      this.#full.get(reason) ??
      new ChangeSetAnswer({ type: 'full', reason, target, changes: this.#items.all().map(same) })
    this.#full.set(reason, answer)
    return answer
  }
}

function same(frame: Frame): FoldedFrame {
  return { whole: frame, patched: frame }
}
