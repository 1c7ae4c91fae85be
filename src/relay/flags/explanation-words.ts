import type { ExplainedOutcome } from '../../evaluation/explained-clause.ts'
import type {
  ExplainedPrerequisite,
  ExplainedRule,
  ExplainedServing,
  ExplainedTarget,
  Explanation,
  ExplanationStep,
} from '../../evaluation/explanation.ts'
import type { FlagReader } from '../../evaluation/run.ts'
import type { Flag } from '../../model/flag.ts'
import { clauseLine, rollingWords } from './explained-clause-words.ts'
import { type ExplainedLine, excerptLines, LINE_OUTCOMES, lineOf } from './explained-line.ts'
import { resultWords } from './reason-words.ts'
import { keyOf, name, type Sentence, sentence, value } from './sentence.ts'
import { percentage, variationWords } from './serving-words.ts'

/** Returns the lines of an explanation for people: what was checked, in order, and the step that decided. */
export function explanationLines(
  explanation: Explanation,
  reader: Pick<FlagReader, 'flag'>,
): readonly ExplainedLine[] {
  const flag = reader.flag(explanation.key)
  const lines = explanation.steps.flatMap((step) => stepLines(step, { flag, reader }))
  const isDefault = explanation.steps.some(({ type }) => type === 'fallthrough')
  const isEarlier = explanation.steps.some(
    ({ type, serves }) => serves && (type === 'targets' || type === 'rules'),
  )
  if (!isDefault && isEarlier)
    lines.push({ outcome: 'skipped', words: ['The default rule was not reached.'] })
  if (explanation.truncated) lines.push({ outcome: 'skipped', words: ['Some details are left out.'] })
  return lines
}

interface Surroundings {
  readonly flag: Flag | undefined
  readonly reader: Pick<FlagReader, 'flag'>
}

function stepLines(step: ExplanationStep, surroundings: Surroundings): ExplainedLine[] {
  const { flag } = surroundings
  const end = (lines: readonly ExplainedLine[]): ExplainedLine[] => withServing(lines, step.serves, flag)
  switch (step.type) {
    case 'problem':
      return [{ outcome: 'problem', words: [{ name: step.problem }], decides: true }]
    case 'switch':
      return end([step.on ? lineOf('yes', ['The flag is on.']) : lineOf('no', ['The flag is off.'])])
    case 'prerequisites':
      return end(
        excerptLines(step.prerequisites, 'prerequisites', (each) => prerequisiteLine(each, surroundings)),
      )
    case 'targets':
      return end(excerptLines(step.targets, 'lists of targets', targetLine))
    case 'rules': {
      const lines = excerptLines(step.rules, 'rules', ruleLine)
      const skipped = step.notReached === 1 ? '1 further rule was' : `${step.notReached} further rules were`
      const rest = step.notReached > 0 ? [lineOf('skipped', [`${skipped} not reached.`])] : []
      return [...end(lines), ...rest]
    }
    case 'fallthrough':
      return end([lineOf('yes', ['The default rule applies.'])])
    default:
      return step satisfies never
  }
}

/** Adds what the deciding step serves to its last line. */
function withServing(
  lines: readonly ExplainedLine[],
  serves: ExplainedServing | undefined,
  flag: Flag | undefined,
): ExplainedLine[] {
  const last = lines.at(-1)
  if (!serves || !last) return [...lines]
  const more = servingLines(serves, flag)
  return [...lines.slice(0, -1), { ...last, decides: true, lines: [...(last.lines ?? []), ...more] }]
}

function servingLines(serves: ExplainedServing, flag: Flag | undefined): readonly ExplainedLine[] {
  switch (serves.type) {
    case 'variation':
      return [lineOf('yes', sentence`It serves ${servedWords(flag, serves.variationIndex)}.`)]
    case 'no variation':
      return [lineOf('no', ['There is no off variation, so the application gets its fallback value.'])]
    case 'malformed':
      return [lineOf('problem', ['The flag is malformed here, so the application gets its fallback value.'])]
    case 'rollout': {
      const { arms, chosen, chosenBy, inExperiment } = serves
      const shares = arms.items.map((arm) => {
        const isChosen = arm.index === chosen.index
        const words = sentence`${percentage(arm.weight)} ${servedWords(flag, arm.variation)}`
        const range =
          arm.from === null || arm.to === null ? '' : ` (${shareText(arm.from)} to ${shareText(arm.to)})`
        const why = !isChosen ? '' : chosenBy === 'rest' ? ', which takes the rest' : ', which has the bucket'
        const experiment = isChosen && inExperiment ? ', in the experiment' : ''
        return lineOf(isChosen ? 'yes' : 'no', sentence`${words}${range}${why}${experiment}`)
      })
      return [lineOf('yes', rollingWords(serves), shares)]
    }
    default:
      return serves satisfies never
  }
}

/** Returns a variation with its value, or only its index if the flag is not found, because explanations shorten long keys. */
function servedWords(flag: Flag | undefined, index: unknown): Sentence {
  return flag ? variationWords(flag.variations, index) : sentence`variation ${name(index)}`
}

/** Returns a bound of a bucket, from 0 to 1, as a percentage. */
function shareText(bound: number): string {
  return `${Number((bound * 100).toFixed(3))}%`
}

function prerequisiteLine(
  { key, variation, outcome, explanation }: ExplainedPrerequisite,
  { reader }: Surroundings,
): ExplainedLine {
  const other = keyOf('flag', key)
  const wanted = servedWords(key === null ? undefined : reader.flag(key), variation)
  const lines = explanation && explanationLines(explanation, reader)
  switch (outcome) {
    case 'met':
      return lineOf('yes', sentence`Flag ${other} is on and has ${wanted}.`, lines)
    case 'failed': {
      const result = explanation ? sentence`; it has ${resultWords(explanation.result)}` : []
      return lineOf('no', sentence`Flag ${other} must be on with ${wanted}, but is not${result}.`, lines)
    }
    case 'missing':
      return lineOf('no', sentence`Flag ${other} is required, but does not exist.`)
    case 'error':
      return lineOf('problem', sentence`Flag ${other} is required, but its evaluation is an error.`, lines)
    case 'circle':
      return lineOf(
        'problem',
        sentence`Flag ${other} requires this flag, or there are too many prerequisites.`,
      )
    case 'malformed':
      return lineOf('problem', ['A malformed prerequisite.'])
    default:
      return outcome satisfies never
  }
}

function targetLine({ contextKind, contextKey, keys, outcome }: ExplainedTarget): ExplainedLine {
  const kind = name(contextKind)
  const list = `a list of ${keys.toLocaleString('en')} ${keys === 1 ? 'key' : 'keys'}`
  if (contextKey === null)
    return lineOf('no', sentence`The context has no ${kind}, so ${list} does not apply.`)
  const verb =
    outcome === 'matched' ? 'is in' : outcome === 'malformed' ? 'cannot be compared with' : 'is not in'
  return lineOf(LINE_OUTCOMES[outcome], sentence`The ${kind} key ${value(contextKey)} ${verb} ${list}.`)
}

function ruleLine({ index, outcome, clauses }: ExplainedRule): ExplainedLine {
  const rule = `Rule ${index + 1}`
  const texts: Readonly<Record<ExplainedOutcome, string>> = {
    matched: `${rule} matches.`,
    'not matched': `${rule} does not match.`,
    malformed: `${rule} is malformed.`,
    'not evaluated': `${rule} was not evaluated.`,
  }
  return lineOf(LINE_OUTCOMES[outcome], [texts[outcome]], excerptLines(clauses, 'conditions', clauseLine))
}
