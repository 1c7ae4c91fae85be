export interface PortionLimits<T> {
  /** How many items one portion may have. */
  readonly most: number
  /** What their sizes may add up to; an item that is larger by itself has a portion of its own. Default: anything. */
  readonly mostSize?: number
  readonly sizeOf?: (item: T) => number
}

/** The same items in the same order, as many at once as a database takes. */
export function* portions<T>(
  items: Iterable<T>,
  { most, mostSize = Infinity, sizeOf = () => 0 }: PortionLimits<T>,
): Generator<readonly T[], void, undefined> {
  let portion: T[] = []
  let size = 0
  for (const item of items) {
    const added = sizeOf(item)
    if (portion.length === most || (portion.length > 0 && size + added > mostSize)) {
      yield portion
      portion = []
      size = 0
    }
    portion.push(item)
    size += added
  }
  if (portion.length > 0) yield portion
}
