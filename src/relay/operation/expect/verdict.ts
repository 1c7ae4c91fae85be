import type { Field } from '../status-fields.ts'
import { judge, type Outcome, type Result } from './judge.ts'

/** An answer that says whether all clauses are met. */
export interface Verdict {
  readonly code: number
  readonly body: {
    readonly satisfied: boolean
    /** Where the question itself is wrong. */
    readonly error?: string
    readonly results: readonly Result['told'][]
  }
}

const CODES = [
  ['malformed', 400],
  ['unsupported', 422],
  ['unmet', 412],
] as const satisfies readonly (readonly [Outcome, number])[]

/** Judges every clause, and answers with the code of the worst that was found. */
export function verdictOn(clauses: readonly string[], document: object, fields: Field): Verdict {
  const results = clauses.map((clause) => judge(clause, document, fields))
  const [worst, code = 200] =
    CODES.find(([outcome]) => results.some((each) => each.outcome === outcome)) ?? []
  const satisfied = worst === undefined
  const malformed = results.find(({ outcome }) => outcome === 'malformed')
  return {
    code,
    body: {
      satisfied,
      ...(malformed?.told.problem !== undefined && { error: malformed.told.problem }),
      results: results.map(({ told }) => told),
    },
  }
}

/** A query that could not be read. */
export function refusal(error: string): Verdict {
  return { code: 400, body: { satisfied: false, error, results: [] } }
}
