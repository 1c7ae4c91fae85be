import { Random } from '../../support/random.ts'
import { makeContext } from './make-context.ts'
import { makeFlag } from './make-flag.ts'
import { makeSegment } from './make-segment.ts'
import { malformFlag, malformSegment } from './malform.ts'
import { FLAG_KEYS, SEGMENT_KEYS } from './words.ts'

/** Flags and segments as JSON texts, which each side parses for itself. */
export interface Environment {
  readonly flags: ReadonlyMap<string, string>
  readonly segments: ReadonlyMap<string, string>
}

/** An environment and its contexts: every flag is evaluated for every context. */
export interface Scenario {
  readonly environment: Environment
  readonly keys: readonly string[]
  readonly contexts: readonly unknown[]
}

const CONTEXTS = 40

/** Makes the scenario of a seed, deterministically. */
export function makeScenario(seed: number): Scenario {
  const random = new Random(seed)
  const flags = new Map<string, string>()
  for (const key of FLAG_KEYS) {
    const flag = makeFlag(random, key)
    if (random.chance(0.12)) malformFlag(random, flag)
    flags.set(key, JSON.stringify(flag))
  }
  const segments = new Map<string, string>()
  let bigKind: unknown
  for (const key of SEGMENT_KEYS) {
    const segment = makeSegment(random, key)
    // All big segments have one kind: see the difference about the keys of two kinds.
    if (segment.unbounded) segment.unboundedContextKind = bigKind ??= segment.unboundedContextKind ?? 'user'
    if (random.chance(0.08)) malformSegment(random, segment)
    if (random.chance(0.9)) segments.set(key, JSON.stringify(segment))
  }
  const contexts = Array.from({ length: CONTEXTS }, () => makeContext(random))
  return {
    environment: { flags, segments },
    keys: [...FLAG_KEYS, random.pick(['missing', 'toString', ''])],
    contexts,
  }
}
