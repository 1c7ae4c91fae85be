import type { Reason } from '../../evaluation/detail.ts'
import { quoted } from '../inspect/format.ts'

/** Returns a reason as one line, for example `RULE_MATCH, rule 0 (beta-testers)`. */
export function reasonText(reason: Reason): string {
  const facts = [
    reason.kind === 'ERROR' ? `ERROR, ${reason.errorKind}` : reason.kind,
    reason.kind === 'RULE_MATCH' && `rule ${reason.ruleIndex}${idText(reason.ruleId)}`,
    reason.kind === 'PREREQUISITE_FAILED' && `prerequisite ${quoted(reason.prerequisiteKey)}`,
    'inExperiment' in reason && 'in an experiment',
    reason.bigSegmentsStatus !== undefined && `big segments ${reason.bigSegmentsStatus}`,
    reason.overridden && 'overridden',
  ]
  return facts.filter(Boolean).join(', ')
}

export function idText(id: string | undefined): string {
  return id === undefined || id === '' ? '' : ` (${quoted(id)})`
}
