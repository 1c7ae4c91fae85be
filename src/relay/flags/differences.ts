import { isJsonObject } from '../../model/json.ts'
import { boundedJson, cut } from './bounded-json.ts'

/** A part of a flag or segment that has changed. */
export interface Difference {
  /** The place in the object, for example `rules[0].clauses[1].values[2]`. */
  readonly path: string
  /** The former value as JSON, cut if it is long. Absent if the part is new. */
  readonly from?: string
  /** The present value. Absent if the part was removed. */
  readonly to?: string
}

export interface Differences {
  readonly list: readonly Difference[]
  /** True if there may be more. */
  readonly isCut: boolean
}

const MAX_DIFFERENCES = 20
const MAX_PATH_LENGTH = 200
const MAX_VALUE_LENGTH = 160
/** Values that are compared before the comparison is given up, so that a change of a large flag stays cheap. */
const MAX_COMPARISONS = 50_000

/** Returns the parts of an object that differ, except its version. Elements of lists are aligned at both ends. */
export function differencesOf(before: object, after: object): Differences {
  const comparison = new Comparison()
  comparison.members(withoutVersion(before), withoutVersion(after), '')
  return { list: comparison.found, isCut: comparison.isCut }
}

function withoutVersion(object: object): object {
  const { version: _, ...rest } = object as { readonly version?: unknown }
  return rest
}

class Comparison {
  readonly found: Difference[] = []
  isCut = false
  #comparisons = 0

  members(before: object, after: object, path: string): void {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    for (const name of names) {
      if (this.isCut) return
      this.#compare(ownMember(before, name), ownMember(after, name), pathOf(path, name))
    }
  }

  #compare(before: unknown, after: unknown, path: string): void {
    if (this.#isSame(before, after)) return
    if (Array.isArray(before) && Array.isArray(after)) this.#lists(before, after, path)
    else if (isJsonObject(before) && isJsonObject(after)) this.members(before, after, path)
    else this.#add(path, before, after)
  }

  /** Compares what is between the equal elements at the beginning and those at the end. */
  #lists(before: readonly unknown[], after: readonly unknown[], path: string): void {
    const shorter = Math.min(before.length, after.length)
    let start = 0
    while (start < shorter && this.#isSame(before[start], after[start])) start++
    let end = 0
    while (end < shorter - start && this.#isSame(before.at(-1 - end), after.at(-1 - end))) end++
    const removed = before.slice(start, before.length - end)
    const added = after.slice(start, after.length - end)
    for (let index = 0; index < Math.max(removed.length, added.length); index++) {
      if (this.isCut) return
      const here = `${path}[${start + index}]`
      if (index >= removed.length) this.#add(here, undefined, added[index])
      else if (index >= added.length) this.#add(here, removed[index], undefined)
      else this.#compare(removed[index], added[index], here)
    }
  }

  #isSame(a: unknown, b: unknown): boolean {
    if (++this.#comparisons > MAX_COMPARISONS) {
      this.isCut = true
      return true
    }
    if (Object.is(a, b)) return true
    if (Array.isArray(a) && Array.isArray(b))
      return a.length === b.length && a.every((element, index) => this.#isSame(element, b[index]))
    if (!isJsonObject(a) || !isJsonObject(b)) return false
    const names = Object.keys(a)
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && this.#isSame(a[name], b[name]))
    )
  }

  #add(path: string, from: unknown, to: unknown): void {
    if (this.found.length === MAX_DIFFERENCES) {
      this.isCut = true
      return
    }
    this.found.push({
      path,
      ...(from !== undefined && { from: boundedJson(from, { maxLength: MAX_VALUE_LENGTH }) }),
      ...(to !== undefined && { to: boundedJson(to, { maxLength: MAX_VALUE_LENGTH }) }),
    })
  }
}

function ownMember(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : undefined
}

function pathOf(path: string, name: string): string {
  return cut(path === '' ? name : `${path}.${name}`, MAX_PATH_LENGTH)
}
