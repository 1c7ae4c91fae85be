import type { Clock, Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { Applied, AppliedChangeSet, Sink } from '../model/change-set.ts'
import { isVersionless } from '../selector/content-names.ts'
import type { Selector } from '../selector/selector.ts'
import { ChangeSetAnswer, type EncodedChange, type Frame, type Reason } from './answer.ts'
import { History, type HistoryLimits, pathBetween, pathByAncestor, type Step } from './history.ts'
import { type Naming, PublishedItems } from './published-items.ts'

export interface PublicationOptions {
  readonly clock: Clock
  readonly history?: HistoryLimits
  readonly onStep: (step: Step) => void
  /** Receives the difference to the previous data; the first time, all data. */
  readonly onDifference: (changeSet: AppliedChangeSet) => void
  readonly onError: (error: unknown) => void
}

/** A delta with at most this many characters is sent even if the full payload is shorter. */
const SMALL_DELTA = 1_024

/** Maximum number of bases whose answers are cached. Clients with further bases are rare; their answers are computed each time. */
const MAX_ANSWERS = 64

/** The published data. The answer to a client depends only on this data and on the client's basis. */
export class Publication implements Sink {
  readonly #options: PublicationOptions
  readonly #items = new PublishedItems()
  readonly #history: History
  readonly #subscribers: Listeners<void>
  readonly #answers = new Map<string, ChangeSetAnswer>()
  readonly #full = new Map<Reason, ChangeSetAnswer>()
  #target: Selector | undefined

  constructor(options: PublicationOptions) {
    this.#options = options
    this.#history = new History(options.clock, options.history)
    this.#subscribers = new Listeners(options.onError)
  }

  /** The state of the data; undefined before the first data. It is a new object after each accepted change set. */
  get target(): Selector | undefined {
    return this.#target
  }

  /** The approximate size of a full payload, in bytes. */
  get size(): number {
    return this.#items.size
  }

  accept({ changeSet: { type, changes }, selector }: Applied): void {
    const { clock, onStep, onDifference } = this.#options
    const from = this.#target
    const touches =
      type === 'full' ? this.#items.replace(changes) : this.#items.apply(changes, namingOf(selector))
    const target = { ...(selector ?? this.#items.contentSelector()) }
    // Each poll over FDv1 returns all data, changed or not.
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
        ? { type: 'partial', changes: touches.map((touch) => this.#items.current(touch).change) }
        : { type: 'full', changes: this.#items.all().map(({ change }) => change) },
    )
    this.#subscribers.emit()
  }

  /** Drops the history and the state of the data, so that the next accepted data is sent to all clients in full. */
  forget(): void {
    this.#history.clear()
    this.#target = undefined
  }

  /** Returns the answer to a client with this basis, or undefined while there is no data. */
  answer(basis = ''): ChangeSetAnswer | undefined {
    const target = this.#target
    if (!target) return undefined
    if (basis === '') return this.#fullAnswer(target, 'payload-missing')
    return this.answerFrom(basis) ?? this.#fullAnswer(target, 'cant-catchup')
  }

  /** Returns the answer if the basis is in the history or in these steps of other servers, otherwise undefined. */
  answerFrom(basis: string, peerSteps: readonly Step[] = []): ChangeSetAnswer | undefined {
    const target = this.#target
    if (!target || basis === '') return undefined
    const known = this.#answers.get(basis)
    if (known) return known
    const answer = this.#catchUp(basis, target, peerSteps)
    if (answer && this.#answers.size < MAX_ANSWERS) this.#answers.set(basis, answer)
    return answer
  }

  /** Must be called when a client accepts patches. Changes from then on are sent to such clients as patches. */
  keepPatches(): void {
    this.#items.keepPatches()
  }

  /** Calls `wake` after each accepted change set. */
  subscribe(wake: () => void): Undo {
    return this.#subscribers.add(wake)
  }

  #catchUp(basis: string, target: Selector, peerSteps: readonly Step[]): ChangeSetAnswer | undefined {
    if (basis === target.state)
      return new ChangeSetAnswer({ type: 'none', reason: 'up-to-date', target, changes: [] })
    const { steps: own } = this.#history
    const steps = peerSteps.length > 0 ? [...peerSteps, ...own] : own
    const path = pathBetween(steps, basis, target.state)
    if (!path) return this.#reconcile(basis, target, steps)
    return this.#delta(
      target,
      this.#items.fold(
        path.flatMap(({ touches = [] }) => touches),
        namingOf(target),
      ),
    )
  }

  /** Returns the answer to a client that is ahead of this server, or whose state has a common ancestor with the current one. */
  #reconcile(basis: string, target: Selector, steps: readonly Step[]): ChangeSetAnswer | undefined {
    const ancestry = pathByAncestor(steps, basis, target.state)
    const comparison = ancestry && this.#items.compare(ancestry)
    if (!comparison) return undefined
    if (comparison.length > 0) return this.#delta(target, this.#items.fold(comparison, namingOf(target)))
    // The client has every item in the same or a later version, so it keeps its data until this server has caught up (decision 19).
    const ahead = { state: basis, version: target.version }
    const pathToClient = ancestry.map(({ step }) => step)
    return new ChangeSetAnswer({
      type: 'none',
      reason: 'up-to-date',
      target: ahead,
      changes: [],
      pathToClient,
    })
  }

  #delta(target: Selector, changes: readonly EncodedChange[] | undefined): ChangeSetAnswer | undefined {
    if (!changes) return undefined
    const length = changes.reduce((sum, { whole }) => sum + whole.json.length, 0)
    if (length > Math.max(this.#items.size, SMALL_DELTA)) return undefined
    return new ChangeSetAnswer({ type: 'partial', reason: 'stale', target, changes })
  }

  #fullAnswer(target: Selector, reason: Reason): ChangeSetAnswer {
    const answer =
      this.#full.get(reason) ??
      new ChangeSetAnswer({ type: 'full', reason, target, changes: this.#items.all().map(unpatched) })
    this.#full.set(reason, answer)
    return answer
  }
}

function namingOf(selector: Selector | undefined): Naming {
  return selector && isVersionless(selector.state) ? 'content' : 'versions'
}

function unpatched(frame: Frame): EncodedChange {
  return { whole: frame, patched: frame }
}
