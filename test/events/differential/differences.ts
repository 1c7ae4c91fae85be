import type { Call, ContentOptions, Session } from './session.ts'

/** An intended difference from the events of the official SDK. Generated sessions avoid them. */
export interface IntendedDifference {
  readonly name: string
  readonly why: string
  readonly example: Session
}

type Members = Readonly<Record<string, unknown>>

const USER = { kind: 'user', key: 'a' }
const FLAG = {
  key: 'f',
  version: 1,
  on: true,
  variations: ['x', 'y'],
  salt: '',
  fallthrough: { variation: 0 },
}
const OPTIONS: ContentOptions = {
  privateAttributes: [],
  allAttributesPrivate: false,
  contextKeysCapacity: 1_000,
}

function session(call: Call, flags: readonly Members[] = [FLAG], options?: Partial<ContentOptions>): Session {
  const texts = new Map(flags.map((flag) => [String(flag.key), JSON.stringify(flag)]))
  return {
    seed: 1,
    environment: { flags: texts, segments: new Map() },
    options: { ...OPTIONS, ...options },
    calls: [call],
  }
}

const identify = (context: unknown): Call => ({ type: 'identify', context })

export const INTENDED_DIFFERENCES: readonly IntendedDifference[] = [
  {
    name: 'a flag with the key of a member of Object.prototype',
    why: 'The official SDK finds that member in its summary, and throws.',
    example: session({ type: 'variation', key: 'constructor', context: USER, defaultValue: null }),
  },
  {
    name: 'an attribute with the name __proto__',
    why: 'The official SDK loses it; we send it like any other.',
    example: session(identify(JSON.parse('{"kind":"user","key":"a","__proto__":"b"}'))),
  },
  {
    name: 'a string as the custom attributes of a user',
    why: 'The official SDK sends an attribute for each character; we ignore the string.',
    example: session(identify({ key: 'a', custom: 'ab' })),
  },
  {
    name: 'a private attribute whose reference begins with an escape',
    why: 'The official SDK does not decode the first escape: it sends `/secret` and redacts `~1secret`.',
    example: session(identify({ ...USER, '/secret': 1 }), [], { privateAttributes: ['/~1secret'] }),
  },
  {
    name: 'the prerequisites of a flag whose value has the wrong type',
    why: 'The official SDK sends no events of them; we do, because they were evaluated.',
    example: session({ type: 'boolVariation', key: 'f', context: USER, defaultValue: true }, [
      { ...FLAG, prerequisites: [{ key: 'g', variation: 0 }] },
      { ...FLAG, key: 'g', trackEvents: true },
    ]),
  },
  {
    name: 'a fallback value that does not have the type of the method',
    why: 'The official SDK reports WRONG_TYPE; we report why the fallback value was returned.',
    example: session({ type: 'boolVariationDetail', key: 'f', context: USER, defaultValue: 'text' }, [
      { ...FLAG, trackEvents: true, fallthrough: { variation: 9 } },
    ]),
  },
  {
    name: 'a fallback value that is left out',
    why: 'The official SDK sends an event without value and default; to us it is null, as the application receives it.',
    example: session({ type: 'variation', key: 'missing', context: USER, defaultValue: undefined }),
  },
  {
    name: 'a metric value that is not a number',
    why: 'The official SDK sends it; we leave it out with a warning.',
    example: session({ type: 'track', key: 'e', context: USER, data: null, metricValue: 'text' }),
  },
  {
    name: 'an event without a key',
    why: 'The official SDK sends it; we drop it with a warning.',
    example: session({ type: 'track', key: '', context: USER, data: null, metricValue: 1 }),
  },
]
