import type {
  Flag,
  FlagRule,
  FlagTarget,
  Rollout,
  Segment,
  SegmentRule,
  SegmentTarget,
  TargetingClause,
  VariationOrRollout,
} from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'

// SDKs in languages with strict decoders reject a whole payload if one of these members is missing, or null where they
// expect a value. Each default is the value that evaluation assumes if the member is absent. Two members get no default:
// `contextKind` of a clause or a rollout, because its presence changes how an attribute is read, and `id` of a flag's rule,
// because it is part of the reason of an evaluation.

export function completeFlag(key: string, flag: Flag): Flag {
  const availability = withoutNulls(flag.clientSideAvailability ?? {})
  const clientSide = flag.clientSide ?? availability.usingEnvironmentId ?? false
  return {
    ...withoutNulls(flag),
    key,
    version: flag.version ?? 1,
    deleted: flag.deleted ?? false,
    on: flag.on ?? false,
    prerequisites: flag.prerequisites ?? [],
    targets: (flag.targets ?? []).map(completeTarget),
    contextTargets: (flag.contextTargets ?? []).map(completeTarget),
    rules: (flag.rules ?? []).map(completeRule),
    fallthrough: completeOutcome(flag.fallthrough ?? {}),
    offVariation: flag.offVariation ?? null,
    variations: flag.variations ?? [],
    salt: flag.salt ?? '',
    trackEvents: flag.trackEvents ?? false,
    trackEventsFallthrough: flag.trackEventsFallthrough ?? false,
    debugEventsUntilDate: flag.debugEventsUntilDate ?? null,
    excludeFromSummaries: flag.excludeFromSummaries ?? false,
    samplingRatio: flag.samplingRatio ?? 1,
    ...(flag.migration && { migration: { checkRatio: 1, ...withoutNulls(flag.migration) } }),
    clientSide,
    clientSideAvailability: { usingMobileKey: true, usingEnvironmentId: clientSide, ...availability },
  }
}

export function completeSegment(key: string, segment: Segment): Segment {
  return {
    ...withoutNulls(segment),
    key,
    version: segment.version ?? 1,
    deleted: segment.deleted ?? false,
    included: segment.included ?? [],
    excluded: segment.excluded ?? [],
    includedContexts: (segment.includedContexts ?? []).map(completeTarget),
    excludedContexts: (segment.excludedContexts ?? []).map(completeTarget),
    rules: (segment.rules ?? []).map(completeSegmentRule),
    salt: segment.salt ?? '',
    unbounded: segment.unbounded ?? false,
    generation: segment.generation ?? null,
  }
}

function completeTarget<T extends FlagTarget | SegmentTarget>(target: T): T {
  return { ...target, contextKind: target.contextKind ?? 'user' }
}

function completeRule(rule: FlagRule): FlagRule {
  return {
    ...completeOutcome(rule),
    clauses: (rule.clauses ?? []).map(completeClause),
    trackEvents: rule.trackEvents ?? false,
  }
}

function completeSegmentRule(rule: SegmentRule): SegmentRule {
  return { ...withoutNulls(rule), id: rule.id ?? '', clauses: (rule.clauses ?? []).map(completeClause) }
}

function completeClause(clause: TargetingClause): TargetingClause {
  return { ...withoutNulls(clause), attribute: clause.attribute ?? '', negate: clause.negate ?? false }
}

function completeOutcome<T extends VariationOrRollout>(outcome: T): T {
  const { rollout } = outcome
  return { ...withoutNulls(outcome), ...(isJsonObject(rollout) && { rollout: completeRollout(rollout) }) }
}

function completeRollout(rollout: Rollout): Rollout {
  const variations = rollout.variations.map((share) => ({ ...share, untracked: share.untracked ?? false }))
  return { ...withoutNulls(rollout), kind: rollout.kind ?? 'rollout', variations }
}

/** Returns the object without members that are null, because evaluation treats null as absent. */
function withoutNulls<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null)) as T
}
