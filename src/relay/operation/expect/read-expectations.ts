/** Far more than a probe has to ask, and little enough to answer anybody. */
const MOST_CLAUSES = 100
const LONGEST_CLAUSE = 1_000

/** What a query asks to be asserted: nothing, clauses, or what cannot be understood, whose problem is told. */
export type Expectations = { readonly clauses: readonly string[] } | { readonly problem: string }

/**
 * Reads every `expect` of a query. One part that cannot be decoded rejects all of it, so that no assertion is passed over in
 * silence: that is a `%` without two digits, bytes that are not UTF-8, and a `;`, which some take for a `&`.
 */
export function readExpectations(query: string): Expectations {
  const parts = query.split('&').map((part) => {
    const [name = '', ...value] = part.split('=')
    return { name: decoded(name), value: decoded(value.join('=')) }
  })
  if (query.includes(';') || parts.some(({ name, value }) => name === undefined || value === undefined)) {
    return { problem: 'the query cannot be decoded' }
  }
  const clauses = parts.filter(({ name }) => name === 'expect').map(({ value = '' }) => value)
  if (clauses.length > MOST_CLAUSES) return { problem: `there are more than ${MOST_CLAUSES} clauses` }
  if (clauses.some(({ length }) => length > LONGEST_CLAUSE)) {
    return { problem: `a clause has more than ${LONGEST_CLAUSE} characters` }
  }
  return { clauses }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
