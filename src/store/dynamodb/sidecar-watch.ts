import { sidecarNews } from '../../layout/sidecar.ts'
import type { StoreChange } from '../../model/persistent-store.ts'

/** No full write takes longer: where the sidecar is missing for more than this, it is not about to be replaced. */
const GONE_MS = 30_000

/** What was there at the last look, or that nobody could look, or that there was none, and since when. */
type Seen =
  | { readonly type: 'unknown' }
  | { readonly type: 'there'; readonly text: string }
  | { readonly type: 'going'; readonly since: number }
  | { readonly type: 'gone' }

const REPLACED: StoreChange = { type: 'replaced' }

/** Tells from one look at the sidecar to the next what became of the rows. */
export class SidecarWatch {
  #seen: Seen = { type: 'unknown' }

  /** Nobody could look: anything may happen meanwhile. */
  lose(): void {
    this.#seen = { type: 'unknown' }
  }

  /** What a look says: `text` was there `now`, milliseconds of a clock that only grows. */
  see(text: string | undefined, now: number): StoreChange | undefined {
    const before = this.#seen
    this.#seen = text === undefined ? missing(before, now) : { type: 'there', text }
    if (before.type === 'unknown') return REPLACED
    if (text !== undefined) return sidecarNews(before.type === 'there' ? before.text : undefined, text)
    return before.type === 'going' && this.#seen.type === 'gone' ? REPLACED : undefined
  }
}

/** While a full write is under way there is no sidecar: that alone is no news. */
function missing(before: Seen, now: number): Seen {
  switch (before.type) {
    case 'there':
      return { type: 'going', since: now }
    case 'going':
      return now - before.since > GONE_MS ? { type: 'gone' } : before
    case 'unknown':
    case 'gone':
      return { type: 'gone' }
    default:
      return before satisfies never
  }
}
