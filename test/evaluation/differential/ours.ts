import type { Context } from '../../../src/evaluation/context.ts'
import type { Evaluation } from '../../../src/evaluation/detail.ts'
import type { FlagReader } from '../../../src/evaluation/run.ts'
import type { Flag, Segment } from '../../../src/model/flag.ts'
import type { Environment } from './make-environment.ts'

/** Our evaluation, or one with a mistake planted in it. */
export type Evaluate = (reader: FlagReader, key: string, context: Context) => Evaluation

/** What we say, or that we threw. */
export type OurAnswer = Evaluation | { readonly threw: unknown }

/** The environment as memory would hold it: objects exactly as they were parsed, and frozen to show that they stay so. */
export function readerOf({ flags, segments }: Environment): FlagReader {
  const parsed = <T>(texts: ReadonlyMap<string, string>): ReadonlyMap<string, T> =>
    new Map(
      [...texts].map(([key, text]) => [
        key,
        JSON.parse(text, (_name, value: unknown) => Object.freeze(value)) as T,
      ]),
    )
  const held = { flags: parsed<Flag>(flags), segments: parsed<Segment>(segments) }
  return { flag: (key) => held.flags.get(key), segment: (key) => held.segments.get(key) }
}

/** Asks us; a throw is an answer too, though never a right one. */
export function answerOf(evaluate: Evaluate, reader: FlagReader, key: string, context: unknown): OurAnswer {
  try {
    return evaluate(reader, key, context as Context)
  } catch (threw) {
    return { threw }
  }
}
