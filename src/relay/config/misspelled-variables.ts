import { nearMiss } from '../../model/near-miss.ts'
import { OPTION_TABLE, optionsOf, type SectionName } from './option-table.ts'
import type { Environment } from './read-environment.ts'

/** Shorter names are close to too many others. */
const SHORTEST = 8

/** What the variables of environments begin with. */
const OF_ENVIRONMENTS = /^LD_/

/**
 * Warnings about variables that were probably meant for the relay. There are variables of all kinds beside them, so one
 * that is not known is no mistake in itself. `names` are those of the environments, as they are spelled in a variable.
 */
export function misspelledVariables(environment: Environment, names: readonly string[]): readonly string[] {
  const sections = Object.keys(OPTION_TABLE) as readonly SectionName[]
  const shared = sections
    .filter((section) => section !== 'environment')
    .flatMap((section) => optionsOf(section).map(([, { variable }]) => variable))
  const prefixes = optionsOf('environment').map(([, { variable }]) => variable)
  const ofEnvironments = prefixes.flatMap((prefix) => names.map((name) => prefix + name))
  const isKnown = (name: string): boolean =>
    shared.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!value || name.length < SHORTEST || isKnown(name)) return []
    const meant = nearMiss(name, OF_ENVIRONMENTS.test(name) ? ofEnvironments : shared)
    return meant === undefined || environment[meant] ? [] : [`${name} is no option; did you mean ${meant}?`]
  })
}
