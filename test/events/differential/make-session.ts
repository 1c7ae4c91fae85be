import { makeContext } from '../../evaluation/differential/make-context.ts'
import { makeFlag } from '../../evaluation/differential/make-flag.ts'
import { makeSegment } from '../../evaluation/differential/make-segment.ts'
import { FLAG_KEYS, SEGMENT_KEYS } from '../../evaluation/differential/words.ts'
import { Random } from '../../support/random.ts'
import { type Call, type ContentOptions, METHODS, type Method, type Session } from './session.ts'

type Draft = Record<string, unknown>

/** Calls of one session, of which about one in twelve evaluates nothing. */
const CALLS = 110
const CONTEXTS = 8
const FAR_FUTURE = 4_000_000_000_000

/** Keys that are not names of members of `Object.prototype`. See differences.ts. */
const KEYS = FLAG_KEYS.filter((key) => !(key in {}))

const REFERENCES = [
  'name',
  'email',
  '/email',
  'address',
  '/address/city',
  '/address/zip/code',
  '/address/zip',
  'groups',
  '/groups/0',
  'a/b',
  '/a~1b',
  't~t',
  '/t~0t',
  '/lead',
  'key',
  'kind',
  'anonymous',
  '/anonymous',
  '_meta',
  'missing',
  '/missing/city',
  '',
  '/',
  '//name',
  '/name/',
  '/a~2',
  'constructor',
] as const

const VALUES: readonly unknown[] = [true, false, 'red', '', 0, 2.5, null, { a: [1] }, [], {}]
const TYPES = ['boolean', 'number', 'string'] as const

/** Makes the session of a seed, deterministically. */
export function makeSession(seed: number): Session {
  const random = new Random(seed)
  const made = KEYS.map((key) => withEvents(random, makeFlag(random, key)))
  for (const [index, flag] of made.entries()) {
    const next = made[index + 1]
    // Chains, so that prerequisites have prerequisites.
    if (next && random.chance(0.4))
      flag.prerequisites = [
        { key: next.key, variation: random.int(0, (next.variations as unknown[]).length - 1) },
      ]
  }
  const flags = new Map(made.map((flag) => [flag.key as string, JSON.stringify(flag)]))
  const segments = new Map(SEGMENT_KEYS.map((key) => [key, JSON.stringify(makeSegment(random, key))]))
  const contexts = Array.from({ length: CONTEXTS }, () => withPrivate(random, makeContext(random)))
  const calls = Array.from({ length: CALLS }, () => makeCall(random, contexts, made))
  return { seed, environment: { flags, segments }, options: makeOptions(random), calls }
}

function makeOptions(random: Random): ContentOptions {
  return {
    privateAttributes: random.chance(0.5) ? references(random) : [],
    allAttributesPrivate: random.chance(0.1),
    contextKeysCapacity: random.pick([1_000, 1_000, 3, 2, 1]),
  }
}

function references(random: Random): string[] {
  return Array.from({ length: random.int(0, 4) }, () => random.pick(REFERENCES))
}

/** Adds the members of a flag about events. */
function withEvents(random: Random, flag: Draft): Draft {
  flag.version = random.int(1, 1_000)
  if (random.chance(0.3)) flag.trackEvents = random.pick([true, true, false])
  if (random.chance(0.3)) flag.trackEventsFallthrough = random.pick([true, true, false])
  if (random.chance(0.3)) flag.debugEventsUntilDate = random.pick([FAR_FUTURE, FAR_FUTURE, 1_000, 0, null])
  if (random.chance(0.3)) flag.samplingRatio = random.pick([0, 1, 2, 2, 3, 2.5, 10])
  if (random.chance(0.2)) flag.excludeFromSummaries = random.pick([true, true, false])
  for (const rule of Array.isArray(flag.rules) ? (flag.rules as Draft[]) : [])
    if (random.chance(0.4)) rule.trackEvents = random.pick([true, true, false])
  return flag
}

/** Adds private attributes to some contexts and parts of contexts. */
function withPrivate(random: Random, context: unknown): unknown {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return context
  const draft = withoutProto(context)
  if (draft.kind === 'multi') {
    for (const [kind, part] of Object.entries(draft))
      if (typeof part === 'object' && part !== null) draft[kind] = withMeta(random, part as Draft)
    return draft
  }
  if (typeof draft.kind === 'string') return withMeta(random, draft)
  if (typeof draft.custom === 'string') delete draft.custom
  if (typeof draft.custom === 'object' && draft.custom !== null && !Array.isArray(draft.custom))
    draft.custom = withoutProto(draft.custom)
  if (random.chance(0.5)) draft.privateAttributeNames = references(random)
  return draft
}

/** Returns a copy without the attribute `__proto__`. See differences.ts. */
function withoutProto(part: object): Draft {
  return Object.fromEntries(Object.entries(part).filter(([name]) => name !== '__proto__'))
}

function withMeta(random: Random, part: Draft): Draft {
  if (random.chance(0.4)) return withoutProto(part)
  return {
    ...withoutProto(part),
    _meta: { privateAttributes: references(random), ...(random.chance(0.2) && { other: 1 }) },
  }
}

function makeCall(random: Random, contexts: readonly unknown[], flags: readonly Draft[]): Call {
  const context = random.pick(contexts)
  const chance = random.next()
  if (chance < 0.02) return { type: 'flush' }
  if (chance < 0.04) return { type: 'allFlagsState', context }
  if (chance < 0.06) return { type: 'identify', context }
  if (chance < 0.08) return makeUpdate(random, random.pick(flags))
  if (chance < 0.11) {
    const data = random.pick([...VALUES, undefined])
    const metricValue = random.pick([undefined, 0, 1.5, -1])
    return { type: 'track', key: random.pick(['order paid', 'constructor']), context, data, metricValue }
  }
  if (random.chance(0.05)) {
    const key = random.pick(['missing', 'absent', ''])
    return { type: random.pick(METHODS), key, context, defaultValue: random.pick(VALUES) }
  }
  const flag = random.pick(flags)
  const type = random.pick(METHODS.filter((method) => fits(flag, method)))
  const wanted = typeOf(type)
  const values = VALUES.filter((value) => wanted === undefined || typeof value === wanted)
  return { type, key: flag.key as string, context, defaultValue: random.pick(values) }
}

/** Changes the version of a flag and its members about events. */
function makeUpdate(random: Random, flag: Draft): Call {
  const version = (flag.version as number) + random.int(1, 3)
  Object.assign(withEvents(random, flag), { version })
  return { type: 'update', flagKey: flag.key as string, text: JSON.stringify(flag) }
}

/** Returns whether a method cannot have a wrong type, or the flag has no prerequisites. See differences.ts. */
function fits({ prerequisites, variations }: Draft, method: Method): boolean {
  const type = typeOf(method)
  return (
    !prerequisites || type === undefined || (variations as unknown[]).every((value) => typeof value === type)
  )
}

/** Returns the type of the values of a method; `undefined` if it is any. */
function typeOf(method: Method): string | undefined {
  return TYPES.find((type) => method.startsWith(type === 'boolean' ? 'bool' : type))
}
