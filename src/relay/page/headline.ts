import type { Cause } from './cause.ts'
import type { EnvironmentVerdict, Label, Tone } from './verdict.ts'

/** A part of the headline. A time stands for the time since then, for example `40 s`. */
export type HeadlinePart = string | { readonly since: number }

/** The number of causes that the headline names. */
const MAX_CAUSES = 3

/** The predicates of one environment and of several. */
const PREDICATES: Readonly<Record<Label, readonly [one: string, several: string]>> = {
  Waiting: ['is waiting for its first data', 'are waiting for their first data'],
  Nothing: ['has nothing to serve', 'have nothing to serve'],
  Off: ['receives no further changes', 'receive no further changes'],
  Stored: ['serves stored data', 'serve stored data'],
  Interrupted: ['is interrupted', 'are interrupted'],
  Database: ['has a problem with its database', 'have a problem with their database'],
  'Big segments': ['has a problem with its big segments', 'have a problem with their big segments'],
  Archive: ['is served from an archive', 'are served from an archive'],
  Live: ['is live', 'are live'],
}

/** The states in a sentence with several of them. */
const STATES: Readonly<Record<Label, string>> = {
  Waiting: 'waiting',
  Nothing: 'without data',
  Off: 'off',
  Stored: 'with stored data',
  Interrupted: 'interrupted',
  Database: 'with a database problem',
  'Big segments': 'with a big segment problem',
  Archive: 'archived',
  Live: 'live',
}

const SEVERITY: Readonly<Record<Tone, number>> = { bad: 0, warning: 1, good: 2 }

/**
 * Returns the state of all environments in one sentence, in which equal causes are counted once, for example `3 of 200 environments
 * are interrupted: connection refused (2), no answer for 40 s (1)`.
 */
export function headlineOf(verdicts: readonly EnvironmentVerdict[]): readonly HeadlinePart[] {
  const all = verdicts.length
  const failing = verdicts.filter(({ tone }) => tone !== 'good')
  if (all === 0) return ['No environments are configured']
  if (failing.length === 0) {
    const isArchive = verdicts.some(({ label }) => label === 'Archive')
    return [subject(all, all) + predicate(all, isArchive ? 'Archive' : 'Live')]
  }
  const causes = causesOf(failing)
  return [subject(failing.length, all) + stateOf(failing), ...(causes.length > 0 ? [': ', ...causes] : [])]
}

/** Returns the parts as text, without times and addresses: a text that changes only if the state does. */
export function plainHeadline(verdicts: readonly EnvironmentVerdict[]): string {
  const plain = verdicts.map(({ cause, ...rest }) =>
    cause ? { ...rest, cause: { text: cause.text } } : rest,
  )
  return headlineOf(plain)
    .filter((part) => typeof part === 'string')
    .join('')
}

function subject(count: number, all: number): string {
  if (all === 1) return 'The environment '
  return count === all ? `All ${all} environments ` : `${count} of ${all} environments `
}

function predicate(count: number, label: Label): string {
  const [one, several] = PREDICATES[label]
  return count === 1 ? one : several
}

/** Returns the predicate of failing environments, which names their states, the worst first, if they have several. */
function stateOf(failing: readonly EnvironmentVerdict[]): string {
  const groups = [...Map.groupBy(failing, ({ label }) => label)]
  const [first] = groups
  if (first && groups.length === 1) return predicate(failing.length, first[0])
  const severity = (members: readonly EnvironmentVerdict[]): number => SEVERITY[members[0]?.tone ?? 'good']
  const counts = groups
    .toSorted(([, a], [, b]) => severity(a) - severity(b) || b.length - a.length)
    .map(([label, { length }]) => `${length} ${STATES[label]}`)
  return `need attention (${counts.join(', ')})`
}

/** Returns the causes, the most frequent first, with their counts if there are several. */
function causesOf(failing: readonly EnvironmentVerdict[]): readonly HeadlinePart[] {
  const byText = Map.groupBy(
    failing.flatMap(({ cause }) => cause ?? []),
    ({ text }) => text,
  )
  const sorted = [...byText.values()].toSorted((a, b) => b.length - a.length)
  const isCounted = sorted[0]?.length !== failing.length
  const shown = sorted
    .slice(0, MAX_CAUSES)
    .map((causes) => [...causeParts(causes), ...(isCounted ? [` (${causes.length})`] : [])])
  const more = sorted.length - shown.length
  const all = more > 0 ? [...shown, [`${more} more ${more === 1 ? 'cause' : 'causes'}`]] : shown
  return all.flatMap((parts, index) => (index === 0 ? parts : [', ', ...parts]))
}

/** Returns the parts of causes with the same text: the address if it is the same, and the earliest time. */
function causeParts(causes: readonly Cause[]): readonly HeadlinePart[] {
  const [first] = causes
  if (!first) return []
  const { text, address } = first
  const isSameAddress = address !== undefined && causes.every((cause) => cause.address === address)
  const times = causes.flatMap(({ since }) => since ?? [])
  return [
    isSameAddress ? `${text} from ${address}` : text,
    ...(times.length > 0 ? [' for ', { since: times.reduce((a, b) => Math.min(a, b)) }] : []),
  ]
}
