import { isDeepStrictEqual } from 'node:util'
import type { OfficialAnswer } from './official.ts'
import type { OurAnswer } from './ours.ts'

const MEMBERS = [
  'kind',
  'errorKind',
  'ruleIndex',
  'ruleId',
  'prerequisiteKey',
  'inExperiment',
  'bigSegmentsStatus',
] as const

/** Returns whether both results have the same variation, value and reason. */
export function agree(official: OfficialAnswer, ours: OurAnswer): boolean {
  if ('threw' in ours) return false
  // If the official SDK throws, our result must be an error.
  if (official === 'threw') return ours.reason.kind === 'ERROR' && ours.variationIndex === null
  const index = official.variationIndex ?? null
  if (ours.variationIndex !== index) return false
  const value: unknown = index === null ? undefined : official.value
  if (ours.value !== value && !isDeepStrictEqual(ours.value, value)) return false
  return sameReason(official.reason, ours.reason)
}

/** Compares member by member, because it runs hundreds of thousands of times. */
function sameReason(official: object, ours: object): boolean {
  for (const member of MEMBERS) if (memberOf(official, member) !== memberOf(ours, member)) return false
  for (const member in ours) if (!(MEMBERS as readonly string[]).includes(member)) return false
  return true
}

function memberOf(reason: object, member: (typeof MEMBERS)[number]): unknown {
  return (reason as { readonly [name: string]: unknown })[member]
}
