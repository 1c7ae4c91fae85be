const EMPTY: readonly unknown[] = Object.freeze([])
const BROKEN: readonly unknown[] = Object.freeze([undefined])

/** A list of the wire: empty where there is none, and with one thing no reader can use where something else stands. */
export function listOf(list: unknown): readonly unknown[] {
  if (list === undefined || list === null) return EMPTY
  return Array.isArray(list) ? list : BROKEN
}
