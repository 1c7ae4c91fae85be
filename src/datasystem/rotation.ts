/** Why a turn ended, as far as the order of turns is concerned. */
export type TurnOutcome = 'fallback' | 'retired' | 'ended'

/** Whose turn it is. Immutable; the first source that is not retired is the preferred one. */
export class Rotation<T> {
  readonly #sources: readonly T[]
  readonly #index: number

  private constructor(sources: readonly T[], index: number) {
    this.#sources = sources
    this.#index = index
  }

  /** A rotation beginning at the first source; undefined when there is none. */
  static of<T>(sources: readonly T[]): Rotation<T> | undefined {
    return sources.length > 0 ? new Rotation(sources, 0) : undefined
  }

  get current(): T {
    return this.#sources[this.#index] as T
  }

  get preferred(): T {
    return this.#sources[0] as T
  }

  get isPreferred(): boolean {
    return this.#index === 0
  }

  /** How many sources take turns. */
  get size(): number {
    return this.#sources.length
  }

  /** The next in the circle; a retired source leaves it. Undefined when none is left. */
  after(outcome: TurnOutcome): Rotation<T> | undefined {
    switch (outcome) {
      case 'fallback':
      case 'ended':
        return new Rotation(this.#sources, (this.#index + 1) % this.size)
      case 'retired': {
        const rest = this.#sources.toSpliced(this.#index, 1)
        return rest.length > 0 ? new Rotation(rest, this.#index % rest.length) : undefined
      }
      default:
        return outcome satisfies never
    }
  }

  /** Back to the preferred source. */
  recovered(): Rotation<T> {
    return new Rotation(this.#sources, 0)
  }
}
