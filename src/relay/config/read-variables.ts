import { IssueCollector } from '../../options/issues.ts'
import type { OptionSection, Setting } from '../../options/option-table.ts'
import { boolean } from '../../options/value-forms.ts'
import { STORES, type StoreConfig } from '../../store/registry.ts'
import type { StoreModule } from '../../store/store-module.ts'
import { usedDatabases } from './databases.ts'
import { ENVIRONMENT } from './environment-options.ts'
import { GENERAL_SECTIONS } from './options.ts'
import { type GeneralSection, OpenSections, type Sections, type SourceReading } from './sections.ts'
import {
  isForeign,
  isVariableOf,
  obsoleteVariables,
  type Variables,
  variableWarnings,
  withoutLineBreak,
} from './variable-warnings.ts'

/**
 * Returns the settings of environment variables by section; an empty variable is ignored. The variables of a database apply if
 * its `USE_` variable enables it, or the settings of `below`, for example those of the file.
 */
export function readVariables(variables: Variables, below: Sections): SourceReading {
  const collector = new IssueCollector()
  const sections = new OpenSections()
  const origin = originOf({ variables, below })
  for (const [name, section] of Object.entries(GENERAL_SECTIONS) as [GeneralSection, OptionSection][]) {
    for (const [option, setting] of settingsOf(section, variables)) {
      if (setting.place.startsWith(SHARED_VARIABLE) && name !== origin) continue
      sections.openShared(name, setting.place).set(option, setting)
    }
  }
  for (const database of STORES) readDatabase(database, { variables, below, sections, collector })
  readEnvironments({ variables, below, sections, collector })
  for (const [variable, expected] of obsoleteVariables(variables))
    collector.refuse(variable, expected, 'a value')
  const names = [...below.environments.keys(), ...sections.environments.keys()].map(spellingOf)
  for (const warning of variableWarnings(variables, names)) collector.warn(warning)
  return { sections, issues: collector.issues, warnings: collector.warnings }
}

/** The first letters of variables that offline mode and automatic configuration both have. */
const SHARED_VARIABLE = 'ENV_'

/** Returns the section that the shared variables belong to. */
function originOf({ variables, below }: Pick<Target, 'variables' | 'below'>): GeneralSection {
  const hasKey = variables.AUTO_CONFIG_KEY || below.shared.get('autoConfig')?.settings.has('key')
  return hasKey ? 'autoConfig' : 'offline'
}

interface Target {
  readonly variables: Variables
  readonly below: Sections
  readonly sections: OpenSections
  readonly collector: IssueCollector
}

function settingsOf(
  { options }: OptionSection,
  variables: Variables,
): readonly (readonly [option: string, setting: Setting])[] {
  return options.flatMap((option) => {
    const { name, variable, ownVariable = variable } = option
    const place = variables[ownVariable] ? ownVariable : variable
    const value = withoutLineBreak(variables[place])
    return value && !isForeign(option, variables) ? [[name, { value, place }] as const] : []
  })
}

function readDatabase(
  database: StoreModule<StoreConfig>,
  { variables, below, sections, collector }: Target,
): void {
  const settings = settingsOf(database.section, variables)
  const enabled = settings.find(([name]) => name === 'enabled')
  const isUsed = enabled ? boolean.read(enabled[1].value) !== false : usedDatabases(below).includes(database)
  for (const [name, setting] of settings) {
    if (isUsed || name === 'enabled') sections.openShared(database.type, setting.place).set(name, setting)
  }
  // CACHE_TTL belongs to every database.
  const unused = settings.filter(([name]) => name !== 'enabled' && name !== 'localTtl')
  if (!isUsed && unused.length > 0) {
    const names = unused.map(([, { place }]) => place).join(', ')
    collector.warn(
      `${names}: no effect, because ${database.section.title} is not enabled (USE_${database.type.toUpperCase()}=1)`,
    )
  }
}

function readEnvironments({ variables, below, sections, collector }: Target): void {
  const found = Object.entries(variables).flatMap(([variable, value]) => {
    const option = ENVIRONMENT.options.find((each) => isVariableOf(variable, each.variable))
    if (!option) return []
    const suffix = variable.slice(option.variable.length)
    return [{ variable, option: option.name, suffix, value: withoutLineBreak(value) }]
  })
  // SDK keys first, because they create the environments that the other variables refer to.
  const keysFirst = found.toSorted((a, b) => Number(b.option === 'sdkKey') - Number(a.option === 'sdkKey'))
  const names = namesBySpelling([...below.environments.keys()])
  for (const { variable, option, suffix, value } of keysFirst) {
    const name = names.get(suffix) ?? suffix
    if (option !== 'sdkKey' && !below.environments.has(name) && !sections.environments.has(name)) {
      if (value) collector.warn(`${variable} has no effect: LD_ENV_${suffix} is not set`)
      continue
    }
    const settings = sections.openEnvironment(name, variable)
    if (value) settings.set(option, { value, place: variable })
  }
}

/**
 * Returns the names of a file by their spelling in variables, in which an underscore stands for every character that a
 * variable cannot contain, such as a space. If two names have the same spelling, it selects neither of them.
 */
function namesBySpelling(names: readonly string[]): ReadonlyMap<string, string> {
  const spelled = new Map<string, string>()
  for (const name of names) {
    const spelling = spellingOf(name)
    spelled.set(spelling, spelled.has(spelling) ? spelling : name)
  }
  for (const name of names) spelled.set(name, name)
  return spelled
}

function spellingOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_')
}
