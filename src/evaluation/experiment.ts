import type { Flag } from '../model/flag.ts'
import type { Reason } from './detail.ts'

/**
 * Returns whether a result is sent as an event of its own, with its reason: it belongs to an experiment, or the rule or the
 * fallthrough that determined it is tracked.
 */
export function isExperiment(flag: Flag, reason: Reason): boolean {
  switch (reason.kind) {
    case 'FALLTHROUGH':
      return reason.inExperiment === true || Boolean(flag.trackEventsFallthrough)
    case 'RULE_MATCH':
      return reason.inExperiment === true || Boolean(flag.rules?.[reason.ruleIndex]?.trackEvents)
    default:
      return false
  }
}
