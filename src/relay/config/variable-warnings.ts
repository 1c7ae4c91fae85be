import { nearMiss } from '../../model/near-miss.ts'
import type { IgnoredOption, Option, OptionSection } from '../../options/option-table.ts'
import { boolean } from '../../options/value-forms.ts'
import { ENVIRONMENT } from './environment-options.ts'
import { IGNORED_SECTIONS, ignoredWarning, OBSOLETE_VARIABLES } from './ignored-options.ts'
import { MAIN } from './main-options.ts'
import { SECTIONS } from './options.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Returns warnings about variables without effect, and about those that may be misspelled.
 *
 * @param names - the names of the environments, as variables spell them.
 */
export function variableWarnings(variables: Variables, names: readonly string[]): readonly string[] {
  return [
    ...foreignVariables(variables),
    ...ignoredVariables(variables),
    ...misspelledVariables(variables, names),
  ]
}

/** Returns true if the variable probably belongs to another program, which uses the same name for other values. */
export function isForeign({ variable, ownVariable, form }: Option, variables: Variables): boolean {
  const value = variables[variable]
  if (ownVariable === undefined || variables[ownVariable] || !value) return false
  return form.read(withoutLineBreak(value)) === undefined
}

function foreignVariables(variables: Variables): readonly string[] {
  return MAIN.options
    .filter((option) => isForeign(option, variables))
    .map(
      ({ variable, ownVariable, form }) =>
        `${variable} has no effect: expected ${form.expected}; ${ownVariable} takes precedence over it`,
    )
}

/** Every section except the one of environments, whose variables end with a name. */
const SHARED: readonly OptionSection[] = [...SECTIONS.values()].filter((section) => section !== ENVIRONMENT)

const IGNORED: readonly IgnoredOption[] = [
  ...[...SECTIONS.values()].flatMap(({ ignored }) => ignored),
  ...IGNORED_SECTIONS,
]

/** Returns warnings about variables of LaunchDarkly's Relay Proxy that have no effect here, except those that switch something off. */
function ignoredVariables(variables: Variables): readonly string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (!value || boolean.read(value) === false) return []
    const option = IGNORED.find(({ variable }) => variable !== undefined && isNamed(name, variable))
    return option && !option.isNotNeeded ? [ignoredWarning(name, option)] : []
  })
}

/** Returns obsolete variables, each with what is expected in its place. */
export function obsoleteVariables(
  variables: Variables,
): readonly (readonly [variable: string, expected: string])[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    const obsolete = [...OBSOLETE_VARIABLES].find(([variable]) => isNamed(name, variable))
    // LD_TTL_MINUTES_1 is also the variable of an environment with the name MINUTES_1.
    const isOfEnvironment = name.startsWith('LD_TTL_') && variables[name.replace('LD_TTL_', 'LD_ENV_')]
    return value && obsolete && !isOfEnvironment ? [[name, obsolete[1]] as const] : []
  })
}

/** Returns true if the variable has this name, or begins with it if it ends with an underscore. */
function isNamed(variable: string, name: string): boolean {
  return variable === name || (name.endsWith('_') && isVariableOf(variable, name))
}

/** Shorter variables are not checked for typing errors, because they resemble too many others. */
const MIN_MISSPELLED_LENGTH = 8

/** Returns warnings about variables that resemble those of an option. All others may be meant for another program. */
function misspelledVariables(variables: Variables, names: readonly string[]): readonly string[] {
  const shared = SHARED.flatMap(({ options }) =>
    options.flatMap(({ variable, ownVariable }) => [variable, ownVariable ?? []].flat()),
  )
  const prefixes = ENVIRONMENT.options.map(({ variable }) => variable)
  const ofEnvironments = prefixes.flatMap((prefix) => names.map((name) => prefix + name))
  const isKnown = (name: string): boolean =>
    shared.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))
  return Object.entries(variables).flatMap(([name, value]) => {
    if (!value || name.length < MIN_MISSPELLED_LENGTH || isKnown(name)) return []
    const meant = nearMiss(name, name.startsWith('LD_') ? ofEnvironments : shared)
    return meant === undefined || variables[meant] ? [] : [`${name} is not an option; did you mean ${meant}?`]
  })
}

/** Returns true if the variable is the prefix and a name. */
export function isVariableOf(variable: string, prefix: string): boolean {
  return variable.startsWith(prefix) && variable !== prefix
}

/** Removes line breaks at the end, which secrets mounted as files often have. */
export function withoutLineBreak(value: string | undefined): string | undefined {
  return value?.replace(/[\r\n]+$/, '')
}
