import type { Flag, Segment } from '../../model/flag.ts'
import { isJsonObject, type JsonObject } from '../../model/json.ts'

/** The type of the variations of a flag. `mixed` if they have several types. */
export type ValueType = 'boolean' | 'string' | 'number' | 'JSON' | 'mixed' | 'none'

/** Values of one flag or segment that are searched, so that the cost of a search does not depend on the largest. */
const MAX_SEARCHED = 20_000

/** Variations that determine the type of a flag. */
const MAX_VARIATIONS = 50

/** The members with the variations, the targeting and the members of a segment. */
const SEARCHED = [
  'variations',
  'prerequisites',
  'targets',
  'contextTargets',
  'rules',
  'included',
  'excluded',
  'includedContexts',
  'excludedContexts',
] as const

/** A text that is searched for without regard to case. */
export class SearchText {
  readonly #pattern: RegExp

  constructor(text: string) {
    this.#pattern = new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'), 'iu')
  }

  isIn(text: string): boolean {
    return this.#pattern.test(text)
  }

  /** Returns the first text in the targeting of a flag, or in a segment, that contains this text; `undefined` if none does. */
  findIn(object: Flag | Segment): string | undefined {
    const pending: unknown[] = SEARCHED.map((name) => (object as JsonObject)[name]).reverse()
    for (let searched = 0; pending.length > 0 && searched < MAX_SEARCHED; searched++) {
      const value = pending.pop()
      if (typeof value === 'string') {
        if (this.isIn(value)) return value
      } else if (Array.isArray(value)) {
        for (let index = Math.min(value.length, MAX_SEARCHED) - 1; index >= 0; index--)
          pending.push(value[index])
      } else if (isJsonObject(value)) {
        // An operator such as `in` would be found in nearly every flag.
        for (const name in value) if (name !== 'op') pending.push(value[name])
      }
    }
    return undefined
  }
}

/** Returns the type of the values that a flag has. */
export function valueTypeOf({ variations }: Flag): ValueType {
  if (!Array.isArray(variations) || variations.length === 0) return 'none'
  const types = new Set(variations.slice(0, MAX_VARIATIONS).map(typeOf))
  const [type = 'none'] = types
  return types.size > 1 ? 'mixed' : type
}

function typeOf(value: unknown): ValueType {
  const type = typeof value
  return type === 'boolean' || type === 'string' || type === 'number' ? type : 'JSON'
}
