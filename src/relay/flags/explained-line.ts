import type { Excerpt, ExplainedOutcome } from '../../evaluation/explained-clause.ts'
import type { Sentence } from './sentence.ts'

/** One line of an explanation, with the lines that it consists of. */
export interface ExplainedLine {
  /** `yes`: it holds; `no`: it does not; `skipped`: it was not evaluated; `problem`: the data or the context is invalid. */
  readonly outcome: 'yes' | 'no' | 'skipped' | 'problem'
  readonly words: Sentence
  /** Present on the step that determined the result. */
  readonly decides?: true
  readonly lines?: readonly ExplainedLine[]
}

export const LINE_OUTCOMES: Readonly<Record<ExplainedOutcome, ExplainedLine['outcome']>> = {
  matched: 'yes',
  'not matched': 'no',
  malformed: 'problem',
  'not evaluated': 'skipped',
}

export function lineOf(
  outcome: ExplainedLine['outcome'],
  words: Sentence,
  lines: readonly ExplainedLine[] = [],
): ExplainedLine {
  return { outcome, words, ...(lines.length > 0 && { lines }) }
}

/** Writes the elements of a list that was shortened, with a line for those that are left out. */
export function excerptLines<T>(
  { items, total }: Excerpt<T>,
  noun: string,
  write: (element: T) => ExplainedLine,
): readonly ExplainedLine[] {
  const lines = items.map(write)
  const left = total - items.length
  if (left <= 0) return lines
  const note = lineOf('skipped', [`${left.toLocaleString('en')} ${noun} are left out here.`])
  return [...lines.slice(0, -1), note, ...lines.slice(-1)]
}
