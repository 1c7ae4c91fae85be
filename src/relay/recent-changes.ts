import type { Clock } from '../async/clock.ts'
import type { AppliedChangeSet } from '../model/change-set.ts'
import type { RecentChange } from './view.ts'

const MOST_CHANGES = 20
const MOST_ITEMS = 10

/** The latest transactions of an environment, for people to look at. */
export class RecentChanges {
  readonly #clock: Clock
  #changes: readonly RecentChange[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The newest first. */
  get latest(): readonly RecentChange[] {
    return this.#changes
  }

  note({ type, changes }: AppliedChangeSet): void {
    const puts = changes.filter(({ op }) => op === 'put').length
    const named = type === 'full' ? [] : changes.slice(0, MOST_ITEMS)
    const change: RecentChange = {
      at: this.#clock.now(),
      type,
      puts,
      deletes: changes.length - puts,
      items: named.map(({ kind, key }) => `${kind} ${key}`),
    }
    this.#changes = [change, ...this.#changes].slice(0, MOST_CHANGES)
  }
}
