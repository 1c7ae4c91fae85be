import { parseReference } from '../../evaluation/attribute.ts'
import { isJsonObject } from '../../model/json.ts'
import { keyOf, listed, name, type Sentence, sentence, value, type Word } from './sentence.ts'

/** Conditions of one rule that are written out; the others are counted. */
const MAX_CLAUSES = 20

interface OperatorWords {
  readonly plain: string
  readonly negated: string
  /** The words if there are several values. Default: `plain` and `negated`. */
  readonly several?: { readonly plain: string; readonly negated: string }
  readonly write?: (data: unknown) => Word
}

const OPERATORS: Readonly<Record<string, OperatorWords>> = {
  in: { plain: 'is', negated: 'is not', several: { plain: 'is one of', negated: 'is none of' } },
  startsWith: { plain: 'starts with', negated: 'does not start with' },
  endsWith: { plain: 'ends with', negated: 'does not end with' },
  contains: { plain: 'contains', negated: 'does not contain' },
  matches: { plain: 'matches the pattern', negated: 'does not match the pattern' },
  lessThan: { plain: 'is less than', negated: 'is not less than' },
  lessThanOrEqual: { plain: 'is at most', negated: 'is not at most' },
  greaterThan: { plain: 'is greater than', negated: 'is not greater than' },
  greaterThanOrEqual: { plain: 'is at least', negated: 'is not at least' },
  before: { plain: 'is before', negated: 'is not before', write: date },
  after: { plain: 'is after', negated: 'is not after', write: date },
  semVerEqual: { plain: 'is version', negated: 'is not version' },
  semVerLessThan: { plain: 'is a version before', negated: 'is not a version before' },
  semVerGreaterThan: { plain: 'is a version after', negated: 'is not a version after' },
}

/** Returns the conditions of a rule: `email ends with "@example.com" and country is "de"`. */
export function clausesWords(clauses: readonly unknown[]): Sentence {
  const shown = clauses
    .slice(0, MAX_CLAUSES)
    .reduce(
      (before: Sentence, clause, index) =>
        sentence`${before}${index === 0 ? '' : ' and '}${clauseWords(clause)}`,
      [],
    )
  const rest = clauses.length - MAX_CLAUSES
  return rest > 0 ? sentence`${shown} and ${String(rest)} more conditions` : shown
}

/**
 * Returns one condition: `country is one of "de", "at" or "ch"`. A negated one states that the attribute must be set, because
 * a context without the attribute does not match.
 */
export function clauseWords(clause: unknown): Sentence {
  if (!isJsonObject(clause)) return ['a malformed condition applies']
  const { attribute, op, negate, contextKind } = clause
  if (clause.values !== undefined && clause.values !== null && !Array.isArray(clause.values))
    return ['a condition with malformed values applies']
  const values: readonly unknown[] = clause.values ?? []
  if (op === 'segmentMatch') return segmentsWords(values, negate ? 'negated' : 'plain')
  if (parseReference(attribute, contextKind) === undefined)
    return sentence`the invalid attribute ${name(attribute)} matches`
  const subject = attributeWords(attribute, contextKind)
  const operator = typeof op === 'string' && Object.hasOwn(OPERATORS, op) ? OPERATORS[op] : undefined
  if (!operator) {
    const unknown = sentence`has the unknown operator ${name(op)}`
    return sentence`${subject} ${unknown}, which ${negate ? 'matches if the attribute is set' : 'never matches'}`
  }
  if (values.length === 0)
    return negate
      ? sentence`${subject} is set`
      : sentence`${subject} is compared with no values, which never matches`
  const words = (values.length > 1 && operator.several) || operator
  const written = listed(values, 'or', operator.write ?? value)
  return negate
    ? sentence`${subject} is set and ${words.negated} ${written}`
    : sentence`${subject} ${words.plain} ${written}`
}

function segmentsWords(segments: readonly unknown[], form: 'plain' | 'negated'): Sentence {
  if (segments.length === 0)
    return [`the condition names no segment, which ${form === 'negated' ? 'always' : 'never'} matches`]
  const keys = listed(segments, 'or', (key) => keyOf('segment', key))
  const isOne = segments.length === 1
  return form === 'negated'
    ? sentence`the context is not in ${isOne ? 'segment' : 'any of the segments'} ${keys}`
    : sentence`the context is in ${isOne ? 'segment' : 'one of the segments'} ${keys}`
}

/** Returns an attribute with its kind, unless that is `user`: `email`, or `plan of organization`. */
export function attributeWords(attribute: unknown, contextKind: unknown): Sentence {
  // As in the evaluation, this attribute is that of the whole context.
  if (attribute === 'kind') return ['the kind of the context']
  const isUser = contextKind === undefined || contextKind === null || contextKind === 'user'
  return isUser ? [name(attribute)] : sentence`${name(attribute)} of ${name(contextKind)}`
}

/** Returns a number of milliseconds since the Unix epoch as a date, and any other value as it is. */
function date(data: unknown): Word {
  const isDate = typeof data === 'number' && Math.abs(data) <= 8.64e15
  return isDate ? { name: new Date(data).toISOString() } : value(data)
}
