import { bigSegmentHash } from '../../../src/big-segments/big-segments.ts'
import type { Context } from '../../../src/evaluation/context.ts'
import type { Evaluation } from '../../../src/evaluation/detail.ts'
import type { FlagReader, MembershipReader } from '../../../src/evaluation/run.ts'
import type { Flag, Segment } from '../../../src/model/flag.ts'
import type { Environment } from './make-environment.ts'
import { membersOf } from './members.ts'

/** Our evaluation, or a mutant of it. */
export type Evaluate = (reader: FlagReader, key: string, context: Context) => Evaluation

/** Our result, or the fact that we threw. */
export type OurAnswer = Evaluation | { readonly threw: unknown }

/** Returns a reader of the environment: parsed objects, frozen to prove that evaluation does not change them. */
export function readerOf({ flags, segments }: Environment): FlagReader {
  const parsed = <T>(texts: ReadonlyMap<string, string>): ReadonlyMap<string, T> =>
    new Map(
      [...texts].map(([key, text]) => [
        key,
        JSON.parse(text, (_name, value: unknown) => Object.freeze(value)) as T,
      ]),
    )
  const held = { flags: parsed<Flag>(flags), segments: parsed<Segment>(segments) }
  return {
    flag: (key) => held.flags.get(key),
    segment: (key) => held.segments.get(key),
    memberships: MEMBERSHIPS,
  }
}

const MEMBERSHIPS: MembershipReader = {
  membership: (key) => ({
    references: new Map(Object.entries(membersOf(bigSegmentHash(key)) ?? {})),
    status: 'HEALTHY',
  }),
}

/** Evaluates with our code. An exception is returned as a result, which is never correct. */
export function answerOf(evaluate: Evaluate, reader: FlagReader, key: string, context: unknown): OurAnswer {
  try {
    return evaluate(reader, key, context as Context)
  } catch (threw) {
    return { threw }
  }
}
