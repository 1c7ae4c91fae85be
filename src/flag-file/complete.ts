import type { Clause, Flag, Rule } from '../model/flag.ts'
import type { Segment } from '../model/segment.ts'

// SDKs in languages with strict decoders refuse a whole payload if one of these members is missing. Each default is what
// evaluation reads where the member is absent. `contextKind` has none: its presence changes how an attribute is read.

/** Returns a flag of a file with every member that has a default. */
export function completeFlag(key: string, flag: Flag): Flag {
  const availability = flag.clientSideAvailability
  const clientSide = flag.clientSide ?? availability?.usingEnvironmentId ?? false
  return {
    ...flag,
    key,
    version: flag.version ?? 1,
    on: flag.on ?? false,
    prerequisites: flag.prerequisites ?? [],
    targets: flag.targets ?? [],
    contextTargets: flag.contextTargets ?? [],
    rules: (flag.rules ?? []).map(completeRule),
    fallthrough: flag.fallthrough ?? {},
    offVariation: flag.offVariation ?? null,
    variations: flag.variations ?? [],
    salt: flag.salt ?? '',
    trackEvents: flag.trackEvents ?? false,
    trackEventsFallthrough: flag.trackEventsFallthrough ?? false,
    debugEventsUntilDate: flag.debugEventsUntilDate ?? null,
    excludeFromSummaries: flag.excludeFromSummaries ?? false,
    samplingRatio: flag.samplingRatio ?? 1,
    clientSide,
    clientSideAvailability: {
      ...availability,
      usingMobileKey: availability?.usingMobileKey ?? true,
      usingEnvironmentId: availability?.usingEnvironmentId ?? clientSide,
    },
  }
}

/** Returns a segment of a file with every member that has a default. */
export function completeSegment(key: string, segment: Segment): Segment {
  return {
    ...segment,
    key,
    version: segment.version ?? 1,
    included: segment.included ?? [],
    excluded: segment.excluded ?? [],
    includedContexts: segment.includedContexts ?? [],
    excludedContexts: segment.excludedContexts ?? [],
    rules: (segment.rules ?? []).map((rule) => ({
      ...rule,
      clauses: (rule.clauses ?? []).map(completeClause),
    })),
    salt: segment.salt ?? '',
    unbounded: segment.unbounded ?? false,
    generation: segment.generation ?? null,
  }
}

function completeRule(rule: Rule): Rule {
  return {
    ...rule,
    clauses: (rule.clauses ?? []).map(completeClause),
    trackEvents: rule.trackEvents ?? false,
  }
}

function completeClause(clause: Clause): Clause {
  return { ...clause, attribute: clause.attribute ?? '', negate: clause.negate ?? false }
}
