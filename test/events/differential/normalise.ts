import type { SentEvent } from './sink.ts'

type Members = Readonly<Record<string, unknown>>

/** Returns an event without what is free: times, and the order of lists that are sets. */
export function normalised(event: SentEvent | undefined): unknown {
  if (event === undefined) return undefined
  return JSON.parse(JSON.stringify(event), (name, value: unknown) => {
    if (name === 'creationDate' || name === 'startDate' || name === 'endDate') return Number.isInteger(value)
    if (name === 'contextKinds' || name === 'redactedAttributes' || name === 'counters') return sorted(value)
    return value
  })
}

function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  return value.map((each) => textOf(each)).sort()
}

/** Returns a value as JSON in which the order of members is that of their names. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member as Members).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
