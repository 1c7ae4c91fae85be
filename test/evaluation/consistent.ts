import type {
  ExplainedClause,
  ExplainedOutcome,
  ExplainedSegment,
  ExplainedSegmentRule,
  SegmentClause,
} from '../../src/evaluation/explained-clause.ts'
import type {
  ExplainedPrerequisite,
  ExplainedRollout,
  Explanation,
  ExplanationStep,
} from '../../src/evaluation/explanation.ts'

/** Returns what contradicts itself in an explanation, by an independent derivation from its parts. */
export function contradictionsOf(explanation: Explanation): readonly string[] {
  const { key, result, steps } = explanation
  const { variationIndex, reason } = result
  const problems: string[] = []
  const check = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(`${key}: ${problem}`)
  }
  const last = steps.at(-1)
  check(last !== undefined, 'there are no steps')
  if (last === undefined) return problems
  check(
    steps.slice(0, -1).every(({ serves }) => serves === undefined),
    'a step before the last one serves',
  )
  if (last.type === 'problem') {
    check(reason.kind === 'ERROR' && variationIndex === null, 'a problem has a value')
    return problems
  }
  const { serves } = last
  check(serves !== undefined, 'the last step does not serve')
  if (serves?.type === 'variation')
    check(serves.variationIndex === variationIndex, 'another variation is served')
  else if (serves?.type === 'rollout') {
    check(serves.variationIndex === variationIndex, 'another variation is served by the rollout')
    check(serves.inExperiment === 'inExperiment' in reason, 'another answer about the experiment')
    problems.push(...rolloutProblems(serves).map((problem) => `${key}: ${problem}`))
  } else check(variationIndex === null, 'a value is not served')
  check(
    (serves?.type === 'no variation') === (variationIndex === null && reason.kind !== 'ERROR'),
    'no variation',
  )

  for (const step of steps) problems.push(...stepProblems(step, step === last))
  if (reason.kind !== 'ERROR') check(last.type === STEP_OF[reason.kind], `${reason.kind} by ${last.type}`)
  if (reason.kind === 'PREREQUISITE_FAILED' && last.type === 'prerequisites')
    check(last.prerequisites.items.at(-1)?.key === reason.prerequisiteKey, 'another prerequisite failed')
  if (reason.kind === 'RULE_MATCH' && last.type === 'rules')
    check(last.rules.items.at(-1)?.index === reason.ruleIndex, 'another rule matched')
  return problems
}

const STEP_OF = {
  OFF: 'switch',
  PREREQUISITE_FAILED: 'prerequisites',
  TARGET_MATCH: 'targets',
  RULE_MATCH: 'rules',
  FALLTHROUGH: 'fallthrough',
} as const

function stepProblems(step: ExplanationStep, decides: boolean): readonly string[] {
  switch (step.type) {
    case 'switch':
      return step.on === decides ? ['the switch decides although the flag is on'] : []
    case 'prerequisites': {
      const { items } = step.prerequisites
      const isMet = items.every(({ outcome }) => outcome === 'met')
      return [
        ...(isMet === decides ? ['the prerequisites do not lead to the decision'] : []),
        ...items.flatMap(prerequisiteProblems),
      ]
    }
    case 'targets':
      return listProblems(step.targets.items, decides)
    case 'rules':
      return [
        ...listProblems(step.rules.items, decides),
        ...(!decides && step.notReached !== 0 ? ['rules were not reached without a decision'] : []),
        ...step.rules.items.flatMap(({ outcome, clauses }) => clauseListProblems(clauses.items, outcome)),
      ]
    case 'fallthrough':
    case 'problem':
      return []
  }
}

/** All but the last element did not match; the last one matches, or is malformed, if and only if it decides. */
function listProblems(items: readonly { readonly outcome: ExplainedOutcome }[], decides: boolean): string[] {
  const outcomes = items.map(({ outcome }) => outcome)
  const isDecided = outcomes.at(-1) === 'matched' || outcomes.at(-1) === 'malformed'
  const others = outcomes.slice(0, -1)
  return isDecided === decides && others.every((outcome) => outcome === 'not matched')
    ? []
    : [`outcomes ${outcomes.join(', ')} with decides=${String(decides)}`]
}

function prerequisiteProblems({ outcome, variation, explanation }: ExplainedPrerequisite): readonly string[] {
  if (explanation === undefined)
    return ['missing', 'circle', 'malformed'].includes(outcome) ? [] : [`${outcome} without explanation`]
  const { variationIndex, reason } = explanation.result
  const isMet = variationIndex === variation && reason.kind !== 'OFF'
  const expected = reason.kind === 'ERROR' ? 'error' : isMet ? 'met' : 'failed'
  return [
    ...(outcome === expected ? [] : [`prerequisite ${outcome} instead of ${expected}`]),
    ...contradictionsOf(explanation),
  ]
}

/** A malformed clause counts as a match if another one follows, except for one that is not an object. */
function clauseListProblems(
  clauses: readonly ExplainedClause[],
  outcome: ExplainedOutcome,
): readonly string[] {
  const end = clauses.findIndex((clause) => clause.type === 'malformed' || clause.outcome === 'not matched')
  const evaluated = end === -1 ? clauses : clauses.slice(0, end + 1)
  const isWrong =
    evaluated.some((clause) => clause.outcome === 'not evaluated') ||
    clauses.slice(evaluated.length).some((clause) => clause.outcome !== 'not evaluated')
  // A rule without a list of clauses never matches, and one with an empty list always does.
  const expected = evaluated.at(-1)?.outcome ?? outcome
  return [
    ...(isWrong ? ['evaluated clauses after the decisive one'] : []),
    ...(expected === outcome ? [] : [`clauses lead to ${expected}, the rule is ${outcome}`]),
    ...evaluated.flatMap(clauseProblems),
  ]
}

function clauseProblems(clause: ExplainedClause): readonly string[] {
  if (clause.type === 'malformed') return []
  if (clause.type === 'segments') return segmentClauseProblems(clause)
  const { outcome, seen, cause, negate } = clause
  if (outcome === 'malformed') return cause === 'malformed reference' ? [] : ['malformed without a cause']
  if (seen === undefined) return ['no value']
  if (seen.type === 'absent') return outcome === 'not matched' ? [] : ['an absent value matched']
  const expected = negate ? 'matched' : 'not matched'
  return cause === undefined || outcome === expected ? [] : [`${cause} but ${outcome}`]
}

function segmentClauseProblems({ segments, negate, outcome }: SegmentClause): readonly string[] {
  const evaluated = segments.items.filter((segment) => segment.outcome !== 'not evaluated')
  const last = evaluated.at(-1)?.outcome
  const isStopped = last === 'circle' || last === 'malformed'
  const isMember = last === 'member'
  const expected = isStopped ? 'malformed' : isMember !== negate ? 'matched' : 'not matched'
  const others = isStopped || isMember ? evaluated.slice(0, -1) : evaluated
  const areOthersWrong = others.some(({ outcome: other }) => other !== 'missing' && other !== 'not a member')
  return [
    ...(expected === outcome ? [] : [`segments lead to ${expected}, the clause is ${outcome}`]),
    ...(!isStopped && !isMember && evaluated.length < segments.items.length ? ['segments were skipped'] : []),
    ...(areOthersWrong ? ['a segment before the last one decides'] : []),
    ...evaluated.flatMap(segmentProblems),
  ]
}

function segmentProblems({ outcome, decidedBy, rules }: ExplainedSegment): readonly string[] {
  if (outcome === 'missing' || outcome === 'circle') return []
  const last = rules?.items.at(-1)?.outcome
  const expected =
    last === 'malformed'
      ? 'malformed'
      : decidedBy === undefined
        ? outcome
        : decidedBy === 'included' || decidedBy === 'rule'
          ? 'member'
          : 'not a member'
  const isByRule = decidedBy === 'rule' || decidedBy === 'no rule'
  return [
    ...(expected === outcome ? [] : [`segment ${outcome} by ${String(decidedBy)}`]),
    ...(isByRule && (last === 'matched') !== (decidedBy === 'rule') ? ['the rules do not decide'] : []),
    ...(rules?.items ?? []).flatMap(segmentRuleProblems),
  ]
}

function segmentRuleProblems({ outcome, clauses, rollout }: ExplainedSegmentRule): readonly string[] {
  if (rollout === undefined) {
    // Without a rollout the clauses decide, unless its attribute is malformed.
    const isMalformed =
      outcome === 'malformed' && clauses.items.every((clause) => clause.outcome !== 'malformed')
    return clauseListProblems(
      clauses.items,
      isMalformed ? (clauses.items.at(-1)?.outcome ?? outcome) : outcome,
    )
  }
  const isIn = rollout.bucket < Number(rollout.weight) / 100_000
  return [
    ...((outcome === 'matched') === isIn ? [] : ['the bucket does not decide the rule of a segment']),
    ...clauseListProblems(clauses.items, clauses.total === 0 ? outcome : 'matched'),
  ]
}

function rolloutProblems(rollout: ExplainedRollout): readonly string[] {
  const { bucket, chosen, chosenBy, arms, variationIndex } = rollout
  const isInside = (chosen.from ?? 0) <= bucket && chosen.to !== null && bucket < chosen.to
  const isRest = chosen.index === arms.total - 1 && !(chosen.to !== null && bucket < chosen.to)
  // A share that is not an object takes the rest.
  const isEndless = chosen.to === null && chosen.variation === null
  return [
    ...((chosenBy === 'bucket' ? isInside || isEndless : isRest) ? [] : ['the bucket is not in the arm']),
    ...(variationIndex === null || variationIndex === chosen.variation ? [] : ['another arm']),
  ]
}
