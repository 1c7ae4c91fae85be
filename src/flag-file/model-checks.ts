import { isJsonObject } from '../model/json.ts'
import { didYouMean } from '../model/near-miss.ts'
import {
  anything,
  type Check,
  listOf,
  type ObjectCheck,
  objectOf,
  oneOf,
  optional,
  text,
  valueThat,
  wholeNumber,
  yesOrNo,
} from './checks.ts'

/** The sum of the weights of a rollout. */
const WHOLE = 100_000

const OPERATORS: readonly string[] = [
  ['in', 'startsWith', 'endsWith', 'contains', 'matches'],
  ['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual', 'before', 'after'],
  ['semVerEqual', 'semVerLessThan', 'semVerGreaterThan', 'segmentMatch'],
].flat()

const operator: Check = (value, path, problems) => {
  if (typeof value !== 'string') problems.expected(path, 'an operator', value)
  else if (!OPERATORS.includes(value)) {
    const hint = didYouMean(value, OPERATORS)
    if (hint !== undefined) problems.expected(path, `an operator (${hint})`, value)
    else problems.warnings.push({ path, reason: 'not a known operator; the clause never matches' })
  }
}

// SDKs in languages with strict decoders reject a whole payload for a number or a context kind outside these ranges.
const integer = valueThat((value) => Number.isSafeInteger(value), 'a whole number')
const count = wholeNumber(0, Number.MAX_SAFE_INTEGER, 'a whole number, 0 or more')
const ratio = wholeNumber(0, 2 ** 31 - 1, 'a whole number of 0 to 2147483647')
const contextKind = valueThat(
  (value) => typeof value === 'string' && /^(?!(kind|multi)$)[-.\w]+$/.test(value),
  'a context kind: letters, digits, ".", "_" and "-"; neither "kind" nor "multi"',
)

const attributeName = valueThat(
  (value) => typeof value === 'string',
  'the name of an attribute, such as email',
)

const clause = objectOf(
  {
    contextKind: optional(contextKind),
    attribute: optional(text),
    op: operator,
    values: listOf(anything),
    negate: optional(yesOrNo),
  },
  ({ op, values, attribute }, path, problems) => {
    if (op === 'segmentMatch') listOf(text)(values, [...path, 'values'], problems)
    else attributeName(attribute ?? undefined, [...path, 'attribute'], problems)
  },
)

const keys = listOf(text)
const weight = wholeNumber(0, WHOLE, `a weight, a whole number of 0 to ${WHOLE} (1 % is 1000)`)

function variationOf(variations: readonly unknown[]): Check {
  const { length } = variations
  const range = length === 0 ? 'but the flag has no variations' : `0 to ${length - 1}`
  return (value, path, problems) => {
    if (Number.isInteger(value) && Number(value) >= 0 && Number(value) < length) return
    const index = typeof value === 'number' ? -1 : variations.indexOf(value)
    const hint = index < 0 ? '' : ` (this value has the index ${index})`
    problems.expected(path, `the index of a variation, ${range}${hint}`, value)
  }
}

const hasVariation: ObjectCheck = (value, path, problems) => {
  if (!('variation' in value) && (value.rollout ?? undefined) === undefined) {
    problems.errors.push({ path, reason: 'expected a variation or a rollout, found neither' })
  }
}

const weightsAddUp: ObjectCheck = ({ variations }, path, problems) => {
  const weights = Array.isArray(variations)
    ? variations.map((share) => isJsonObject(share) && share.weight)
    : []
  const sum = weights.reduce<number>((total, each) => total + Number(each), 0)
  if (weights.length === 0) problems.errors.push({ path, reason: 'expected at least one share, found none' })
  else if (Number.isFinite(sum) && sum !== WHOLE) {
    problems.errors.push({
      path,
      reason: `expected weights that sum to ${WHOLE} (1 % is 1000), found a sum of ${sum}`,
    })
  }
}

/** Returns the checks of the members that select a variation, in a fallthrough or a rule. */
function outcome(variation: Check): Readonly<Record<string, Check>> {
  const share = objectOf({ variation, weight, untracked: optional(yesOrNo) })
  const rollout = objectOf(
    {
      kind: optional(oneOf('rollout', 'experiment')),
      contextKind: optional(contextKind),
      bucketBy: optional(text),
      seed: optional(integer),
      variations: listOf(share),
    },
    weightsAddUp,
  )
  // Null is an error here: "variation:" without a value in YAML is a mistake.
  const present: Check = (value, path, problems) => {
    if (value !== undefined) variation(value, path, problems)
  }
  return { variation: present, rollout: optional(rollout) }
}

const anyIndex = wholeNumber(0, Number.MAX_SAFE_INTEGER, 'the index of a variation')

/** Checks a flag, including the indexes of its variations. */
export const flagCheck: Check = (value, path, problems) => {
  if (!isJsonObject(value)) {
    problems.expected(path, 'an object (a plain value belongs in the section flagValues)', value)
    return
  }
  const variation = variationOf(Array.isArray(value.variations) ? value.variations : [])
  const target = objectOf({ contextKind: optional(contextKind), variation, values: keys })
  objectOf({
    key: optional(text),
    version: optional(count),
    deleted: optional(yesOrNo),
    on: optional(yesOrNo),
    prerequisites: optional(listOf(objectOf({ key: text, variation: anyIndex }))),
    targets: optional(listOf(target)),
    contextTargets: optional(listOf(target)),
    rules: optional(
      listOf(
        objectOf(
          {
            id: optional(text),
            clauses: optional(listOf(clause)),
            trackEvents: optional(yesOrNo),
            ...outcome(variation),
          },
          hasVariation,
        ),
      ),
    ),
    fallthrough: optional(objectOf(outcome(variation), hasVariation)),
    offVariation: optional(variation),
    variations: optional(listOf(anything)),
    salt: optional(text),
    trackEvents: optional(yesOrNo),
    trackEventsFallthrough: optional(yesOrNo),
    debugEventsUntilDate: optional(count),
    excludeFromSummaries: optional(yesOrNo),
    samplingRatio: optional(ratio),
    migration: optional(objectOf({ checkRatio: optional(ratio) })),
    clientSide: optional(yesOrNo),
    clientSideAvailability: optional(
      objectOf({ usingMobileKey: optional(yesOrNo), usingEnvironmentId: optional(yesOrNo) }),
    ),
  })(value, path, problems)
}

const members = listOf(objectOf({ contextKind: optional(contextKind), values: keys }))

export const segmentCheck: Check = objectOf({
  key: optional(text),
  version: optional(count),
  deleted: optional(yesOrNo),
  included: optional(keys),
  excluded: optional(keys),
  includedContexts: optional(members),
  excludedContexts: optional(members),
  rules: optional(
    listOf(
      objectOf({
        id: optional(text),
        clauses: optional(listOf(clause)),
        weight: optional(weight),
        bucketBy: optional(text),
        rolloutContextKind: optional(contextKind),
      }),
    ),
  ),
  salt: optional(text),
  unbounded: optional(yesOrNo),
  unboundedContextKind: optional(contextKind),
  generation: optional(integer),
})
