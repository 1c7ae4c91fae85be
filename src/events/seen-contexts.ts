import { type Context, canonicalKeyOf, kindsOf, type PreparedContext } from '../evaluation/context.ts'
import { RecentKeys } from './recent-keys.ts'

export interface SeenContextsOptions {
  /** The number of contexts to remember. */
  readonly contextKeysCapacity: number
  /** Time after which all contexts are forgotten, in milliseconds. */
  readonly contextKeysFlushIntervalMs: number
}

/** The most kinds whose lists are shared. Programs use few. */
const MAX_LISTS = 100

/** The kind of no context. */
const NONE: unique symbol = Symbol('none')

/** The contexts that were seen recently, by key, so that one index event is sent for each. */
export class SeenContexts {
  readonly #keys: RecentKeys
  readonly #flushIntervalMs: number
  readonly #lists = new Map<string, readonly string[]>()
  #since: number
  #duplicates = 0
  #lastKind: unknown = NONE
  #lastKey: unknown
  #lastKinds: readonly string[] = []

  /** @param now - the time of day, in milliseconds since the Unix epoch, as in all methods. */
  constructor({ contextKeysCapacity, contextKeysFlushIntervalMs }: SeenContextsOptions, now: number) {
    this.#since = now
    this.#keys = new RecentKeys(contextKeysCapacity)
    this.#flushIntervalMs = contextKeysFlushIntervalMs
  }

  /** The number of contexts that are remembered. */
  get size(): number {
    return this.#keys.size
  }

  /**
   * Returns the kinds of the context if it has one kind and was the last one in {@link setLast}, and counts a duplicate.
   * Returns `undefined` otherwise. Reads two members of the context and allocates nothing.
   */
  kindsOfLast(context: Context, now: number): readonly string[] | undefined {
    this.#forgetInTime(now)
    // A program without types may pass no context.
    if (context?.kind !== this.#lastKind || context.key !== this.#lastKey) return undefined
    this.#duplicates += 1
    return this.#lastKinds
  }

  /** Returns the kinds of a context. Contexts of the same single kind share the list, so that it identifies the kind. */
  kindsOf(context: PreparedContext): readonly string[] {
    if (context.next !== undefined) return kindsOf(context)
    const known = this.#lists.get(context.kind)
    if (known !== undefined) return known
    const list = [context.kind]
    if (this.#lists.size < MAX_LISTS) this.#lists.set(context.kind, list)
    return list
  }

  /** Remembers a context and returns whether it was known. A known context counts as a duplicate. */
  seen(context: PreparedContext, now: number): boolean {
    this.#forgetInTime(now)
    // The last context may be forgotten now, if the capacity is small.
    this.#lastKind = NONE
    const isKnown = this.#keys.touch(canonicalKeyOf(context))
    if (isKnown) this.#duplicates += 1
    return isKnown
  }

  /** Makes a context the last one, for {@link kindsOfLast}. `kinds` are its kinds. */
  setLast(original: Context, kinds: readonly string[]): void {
    const isSingle = kinds.length === 1 && original.kind === kinds[0]
    this.#lastKind = isSingle ? original.kind : NONE
    this.#lastKey = original.key
    this.#lastKinds = kinds
  }

  /** Returns the number of duplicates since the last call. */
  takeDuplicates(): number {
    const duplicates = this.#duplicates
    this.#duplicates = 0
    return duplicates
  }

  #forgetInTime(now: number): void {
    // `now` is less than before if the clock was set back.
    if (now < this.#since + this.#flushIntervalMs && now >= this.#since) return
    this.#keys.clear()
    this.#since = now
    this.#lastKind = NONE
  }
}
