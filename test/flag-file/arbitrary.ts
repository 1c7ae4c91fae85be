import fc from 'fast-check'
import type { JsonObject } from '../../src/model/json.ts'

const key = fc.constantFrom('a', 'b', 'new-checkout', 'ü', '__proto__', '')
const contextKind = fc.constantFrom('user', 'org', 'device-2')

function optionally<T extends object>(
  members: { readonly [N in keyof T]: fc.Arbitrary<T[N]> },
): fc.Arbitrary<object> {
  return fc.record(members, { requiredKeys: [] })
}

const operator = fc.constantFrom(
  'in',
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'lessThan',
  'lessThanOrEqual',
  'greaterThan',
  'greaterThanOrEqual',
  'before',
  'after',
  'semVerEqual',
  'semVerLessThan',
  'semVerGreaterThan',
)

const clause = fc.oneof(
  fc
    .tuple(
      fc.record({
        attribute: fc.constantFrom('email', '/address/city', 'age'),
        op: operator,
        values: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 2 }),
      }),
      optionally({ contextKind, negate: fc.boolean() }),
    )
    .map(([required, others]) => ({ ...required, ...others })),
  fc.record({ op: fc.constant('segmentMatch'), values: fc.array(key, { maxLength: 2 }) }),
)

const rollout = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 1 }),
    optionally({ contextKind, bucketBy: fc.constant('key'), seed: fc.nat(), kind: fc.constant('rollout') }),
  )
  .map(([weights, others]) => {
    const rest = 100_000 - weights.reduce((sum, weight) => sum + weight, 0)
    return { ...others, variations: [...weights, rest].map((weight) => ({ variation: 0, weight })) }
  })

const outcome = fc.oneof(
  fc.record({ variation: fc.nat({ max: 1 }) }),
  rollout.map((each) => ({ rollout: each })),
)

const values = fc.array(fc.constantFrom('u-1', 'u-2'), { maxLength: 2 })
const target = fc.record({ variation: fc.nat({ max: 1 }), values })

const flag = fc
  .tuple(
    fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 2, maxLength: 3 }),
    optionally({
      on: fc.boolean(),
      version: fc.nat(),
      salt: fc.string(),
      offVariation: fc.option(fc.nat({ max: 1 })),
      fallthrough: outcome,
      targets: fc.array(target, { maxLength: 1 }),
      prerequisites: fc.array(fc.record({ key, variation: fc.nat({ max: 2 }) }), { maxLength: 1 }),
      rules: fc.array(
        fc
          .tuple(outcome, fc.array(clause, { maxLength: 2 }))
          .map(([result, clauses]) => ({ ...result, clauses })),
        { maxLength: 2 },
      ),
      samplingRatio: fc.nat({ max: 100 }),
      trackEvents: fc.option(fc.boolean()),
      clientSideAvailability: optionally({ usingMobileKey: fc.boolean(), usingEnvironmentId: fc.boolean() }),
    }),
  )
  .map(([variations, others]) => ({ variations, ...others }))

const segment = optionally({
  included: values,
  excluded: values,
  includedContexts: fc.array(fc.record({ contextKind, values }), { maxLength: 1 }),
  rules: fc.array(
    fc.record({ clauses: fc.array(clause, { maxLength: 1 }), weight: fc.nat({ max: 100_000 }) }),
    { maxLength: 1 },
  ),
})

/** The contents of valid flag files. */
export const validContent: fc.Arbitrary<JsonObject> = optionally({
  flags: fc.dictionary(key, flag, { maxKeys: 2 }),
  segments: fc.dictionary(key, segment, { maxKeys: 2 }),
  flagValues: fc.option(fc.dictionary(key, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 })),
}) as fc.Arbitrary<JsonObject>

type Change = (parent: Record<string, unknown>, name: string) => void

const change: fc.Arbitrary<Change> = fc.oneof(
  fc
    .oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(-1, 0.5, 1e300, '', 'multi', 'segmentMatch', {}, [], null),
    )
    .map(
      (value): Change =>
        (parent, name) =>
          void Reflect.set(parent, name, value),
    ),
  fc.constant<Change>((parent, name) => void Reflect.deleteProperty(parent, name)),
  fc.constantFrom('s', 'X', 'extra', '').map(
    (suffix): Change =>
      (parent, name) =>
        void Reflect.set(parent, `${name}${suffix}`, parent[name]),
  ),
  fc.constantFrom('on', 'variation', 'rollout', 'values', 'op', 'flags', 'weight', 'clauses').chain((other) =>
    fc.jsonValue({ maxDepth: 1 }).map(
      (value): Change =>
        (parent) =>
          void Reflect.set(parent, other, value),
    ),
  ),
)

/** The contents of flag files with up to three changes of a valid content, at any depth. */
export const changedContent: fc.Arbitrary<JsonObject> = fc
  .tuple(validContent, fc.array(fc.tuple(fc.nat(), change), { maxLength: 3 }))
  .map(([content, changes]) => {
    const changed = structuredClone(content) as Record<string, unknown>
    for (const [seed, apply] of changes) {
      const places = [...placesIn(changed)]
      const place = places[seed % places.length]
      if (place) apply(...place)
    }
    return changed
  })

/** Yields each member and item of a JSON value with the object or list that has it. */
function* placesIn(value: unknown): Generator<readonly [parent: Record<string, unknown>, name: string]> {
  if (typeof value !== 'object' || value === null) return
  const parent = value as Record<string, unknown>
  for (const [name, member] of Object.entries(parent)) {
    yield [parent, name]
    yield* placesIn(member)
  }
}
