import { createHash } from 'node:crypto'

/** Returns a digest that is equal for equal JSON values, whatever the order of their members. */
export function digest(value: unknown): string {
  const sorted = JSON.stringify(JSON.parse(JSON.stringify(value)), (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
  return createHash('sha256').update(sorted).digest('hex')
}
