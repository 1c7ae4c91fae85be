import type { Excerpt } from './explained-clause.ts'

/** The most elements of a list of steps, and of a list of values, that an explanation has. */
export const MAX_ITEMS = 50
const MAX_VALUES = 20
/** The longest text, in characters, that an explanation shows in full. */
const MAX_TEXT = 200
/** The deepest nesting and the most members of one value that an explanation shows. */
const MAX_DEPTH = 5
const MAX_MEMBERS = 50

/** An {@link Excerpt} that is being made. */
export interface GrowingList<T> extends Excerpt<T> {
  readonly items: T[]
  total: number
}

export function emptyList<T>(): GrowingList<T> {
  return { items: [], total: 0 }
}

/** Adds the element that was evaluated now. In a full list it takes the place of the one before it. */
export function append<T>(list: GrowingList<T>, item: T, limit: number = MAX_ITEMS): void {
  list.total += 1
  if (list.items.length >= limit) list.items.pop()
  list.items.push(item)
}

/** Adds the elements that were not evaluated. Those that a full list has no place for are only counted. */
export function appendRest<T, S>(list: GrowingList<T>, rest: readonly S[], show: (item: S) => T): void {
  list.items.push(...rest.slice(0, Math.max(0, MAX_ITEMS - list.items.length)).map(show))
  list.total += rest.length
}

/** Returns the first values of a list. */
export function excerptOf(values: readonly unknown[]): Excerpt<unknown> {
  const items = shown(values.slice(0, MAX_VALUES))
  return { items: Array.isArray(items) ? items : [items], total: values.length }
}

/**
 * Returns a bounded copy of a value as JSON: `…` takes the place of what is left out of texts, lists and objects. A value that
 * JSON does not have becomes a description in brackets. Never throws.
 */
export function shown(value: unknown): unknown {
  try {
    return copy(value, { members: MAX_MEMBERS }, 0)
  } catch {
    // A getter of the context threw.
    return '[unreadable]'
  }
}

/** Returns a text, shortened if it is long. */
export function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`
}

interface Budget {
  members: number
}

function copy(value: unknown, budget: Budget, depth: number): unknown {
  if (typeof value === 'string') return shortened(value)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return value
  if (typeof value !== 'object') return `[${typeof value === 'number' ? String(value) : typeof value}]`
  if (depth > MAX_DEPTH) return '…'
  return Array.isArray(value) ? copyOfList(value, budget, depth) : copyOfObject(value, budget, depth)
}

function copyOfList(list: readonly unknown[], budget: Budget, depth: number): unknown {
  const copied: unknown[] = []
  for (const element of list) {
    if (budget.members-- <= 0) return [...copied, '…']
    copied.push(copy(element, budget, depth + 1))
  }
  return copied
}

function copyOfObject(object: object, budget: Budget, depth: number): unknown {
  const members: [string, unknown][] = []
  for (const name of Object.keys(object)) {
    if (budget.members-- <= 0) {
      members.push(['…', '…'])
      break
    }
    members.push([shortened(name), copy((object as Record<string, unknown>)[name], budget, depth + 1)])
  }
  // Unlike assignments, this makes `__proto__` a member.
  return Object.fromEntries(members)
}
