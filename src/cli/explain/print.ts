import { type Context, canonicalKey } from '../../evaluation/context.ts'
import type { ExplainedOutcome } from '../../evaluation/explained-clause.ts'
import type {
  ExplainedPrerequisite,
  ExplainedRollout,
  ExplainedRule,
  ExplainedServing,
  ExplainedTarget,
  Explanation,
  ExplanationStep,
} from '../../evaluation/explanation.ts'
import { counted } from '../../model/text.ts'
import { quoted } from '../inspect/format.ts'
import type { Style } from '../style.ts'
import { Page, type Sign } from './page.ts'
import { bucketText, printClauses, printOmitted, SIGN_OF, share, valueText } from './print-clauses.ts'
import { idText, reasonText } from './reason-text.ts'

interface PrintOptions {
  readonly from: string
  readonly subject: Context
  readonly style: Style
}

/** The longest value, in characters of JSON, that is printed in full. */
const MAX_VALUE = 2_000

/** Returns an explanation as text for a terminal. */
export function describeExplanation(explanation: Explanation, options: PrintOptions): string {
  const { key, version, result, truncated } = explanation
  const { value, variationIndex, reason } = result
  const json = JSON.stringify(value)
  const text = json.length > MAX_VALUE ? `${json.slice(0, MAX_VALUE)}… (${json.length} characters)` : json
  const page = new Page(options.style)
  page.fact('Flag', `${quoted(key)}${version === undefined ? '' : `, version ${version}`}`)
  page.fact('From', options.from)
  page.fact('Context', canonicalKey(options.subject) ?? '')
  page.fact(
    'Value',
    variationIndex === null
      ? 'none: the fallback value of the caller'
      : `${text} (variation ${variationIndex})`,
  )
  page.fact('Reason', reasonText(reason))
  page.blank()
  printSteps(page, 0, explanation)
  if (truncated) {
    page.blank()
    page.note(0, 'The explanation is too large, so details of prerequisites and segments are missing.')
  }
  return page.text
}

function printSteps(page: Page, depth: number, { steps }: Explanation): void {
  for (const step of steps) {
    printStep(page, depth, step)
    if (step.serves) printServing(page, depth, step.serves)
  }
}

function printStep(page: Page, depth: number, step: ExplanationStep): void {
  switch (step.type) {
    case 'problem':
      page.add(depth, 'error', step.problem)
      return
    case 'switch':
      page.add(depth, step.on ? 'yes' : 'no', step.on ? 'The flag is on.' : 'The flag is off.')
      return
    case 'prerequisites': {
      const { items, total } = step.prerequisites
      const isMet = items.every(({ outcome }) => outcome === 'met')
      page.add(
        depth,
        isMet ? 'yes' : 'no',
        isMet ? 'All prerequisites are met.' : 'A prerequisite is not met.',
      )
      for (const prerequisite of items) printPrerequisite(page, depth + 1, prerequisite)
      printOmitted(page, depth + 1, total - items.length)
      return
    }
    case 'targets': {
      const { items, total } = step.targets
      const isMatched = items.at(-1)?.outcome === 'matched'
      page.add(
        depth,
        isMatched ? 'yes' : 'no',
        isMatched ? 'A target list has the context.' : 'No target list has the context.',
      )
      for (const target of items) printTarget(page, depth + 1, target)
      printOmitted(page, depth + 1, total - items.length)
      return
    }
    case 'rules': {
      const { items, total } = step.rules
      const last = items.at(-1)
      const isMatched = last?.outcome === 'matched'
      page.add(
        depth,
        isMatched ? 'yes' : 'no',
        isMatched ? `Rule ${last.index} matches.` : `No rule matches, of ${total}.`,
      )
      for (const rule of items) printRule(page, depth + 1, rule)
      printOmitted(page, depth + 1, total - items.length)
      if (step.notReached > 0)
        page.add(depth + 1, 'skipped', `${counted(step.notReached, 'rule')} not reached`)
      return
    }
    case 'fallthrough':
      page.add(depth, 'yes', 'The flag falls through to its default.')
      return
    default:
      step satisfies never
  }
}

const PREREQUISITES: Readonly<Record<ExplainedPrerequisite['outcome'], readonly [Sign, string]>> = {
  met: ['yes', 'met'],
  failed: ['no', 'not met'],
  missing: ['no', 'not met: there is no such flag'],
  error: ['error', 'its evaluation failed, so this flag is malformed'],
  circle: ['error', 'it requires this flag itself, or the chain is too long, so this flag is malformed'],
  malformed: ['error', 'malformed'],
}

function printPrerequisite(page: Page, depth: number, prerequisite: ExplainedPrerequisite): void {
  const { key, variation, outcome, explanation } = prerequisite
  const [sign, text] = PREREQUISITES[outcome]
  const has = explanation === undefined ? '' : `; it has ${variationText(explanation.result.variationIndex)}`
  const name = key === null ? 'a prerequisite without a key' : quoted(key)
  page.add(depth, sign, `${name} must have variation ${valueText(variation)}${has}: ${text}`)
  if (explanation) printSteps(page, depth + 1, explanation)
}

function variationText(index: number | null): string {
  return index === null ? 'no variation' : `variation ${index}`
}

function printTarget(page: Page, depth: number, target: ExplainedTarget): void {
  const { contextKind, contextKey, keys, variationIndex, outcome } = target
  const who =
    contextKey === null ? `no ${contextKind} in the context` : `${contextKind} ${quoted(contextKey)}`
  const list = `${counted(keys, 'key')} for ${variationText(variationIndex)}`
  page.add(depth, SIGN_OF[outcome], `${outcome}: ${who}, ${list}`)
}

function printRule(page: Page, depth: number, { index, id, outcome, clauses }: ExplainedRule): void {
  page.add(depth, SIGN_OF[outcome], `rule ${index}${idText(id)}: ${ruleText(outcome, clauses.total)}`)
  printClauses(page, depth + 1, clauses)
}

function ruleText(outcome: ExplainedOutcome, clauses: number): string {
  return clauses === 0 ? `${outcome}; it has no clauses` : outcome
}

function printServing(page: Page, depth: number, serves: ExplainedServing): void {
  switch (serves.type) {
    case 'variation':
      page.add(depth, 'result', `It serves variation ${serves.variationIndex}.`)
      return
    case 'no variation':
      page.add(depth, 'result', 'It serves the fallback value of the caller: the flag has no off variation.')
      return
    case 'malformed':
      page.add(depth, 'error', 'The data of the flag is malformed: the caller gets its fallback value.')
      return
    case 'rollout':
      printRollout(page, depth, serves)
      return
    default:
      serves satisfies never
  }
}

function printRollout(page: Page, depth: number, rollout: ExplainedRollout): void {
  const { kind, arms, chosen, chosenBy, variationIndex, inExperiment } = rollout
  const name = kind === 'experiment' ? 'an experiment' : 'a percentage rollout'
  page.add(depth, 'result', `It serves ${variationText(variationIndex)}, by ${name}.`)
  page.note(depth, bucketText(rollout))
  for (const arm of [...arms.items, ...(chosen.index >= arms.items.length ? [chosen] : [])]) {
    const isChosen = arm.index === chosen.index
    const bounds = `buckets ${boundText(arm.from)} to ${boundText(arm.to)}`
    const why = isChosen ? (chosenBy === 'bucket' ? ': chosen' : ': chosen, it takes the rest') : ''
    page.add(
      depth + 1,
      isChosen ? 'yes' : 'skipped',
      `variation ${valueText(arm.variation)}, ${share(arm.weight)}, ${bounds}${why}`,
    )
  }
  printOmitted(page, depth + 1, arms.total - arms.items.length)
  if (kind === 'experiment')
    page.note(
      depth,
      inExperiment ? 'The result is in the experiment.' : 'The result is not in the experiment.',
    )
}

function boundText(bound: number | null): string {
  return bound === null ? '?' : String(Number(bound.toFixed(6)))
}
