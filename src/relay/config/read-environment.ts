import { usedDatabases } from './databases.ts'
import { Findings } from './findings.ts'
import { boolean } from './forms.ts'
import { misspelledVariables } from './misspelled-variables.ts'
import { DATABASES, type Database, GENERAL, optionsOf, type SharedSection } from './option-table.ts'
import type { Reading } from './reading.ts'
import { OpenSections, type Sections, type Setting } from './sections.ts'
import { hasNoEffect, OPTIONS_WITHOUT_EFFECT, SECTIONS_WITHOUT_EFFECT } from './without-effect.ts'

/** As `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Sorts the variables by what they are about. An empty one says nothing. Those of a database count where it is used: by
 * its own `USE_` variable, or by what is said `below`, in the file.
 */
export function readEnvironment(environment: Environment, below: Sections): Reading {
  const findings = new Findings()
  const sections = new OpenSections()
  for (const name of GENERAL) {
    for (const [key, setting] of given(name, environment)) {
      sections.openShared(name, setting.place).set(key, setting)
    }
  }
  for (const database of DATABASES) {
    readDatabase(database, { environment, below, sections, findings })
  }
  readEnvironments({ environment, below, sections, findings })
  for (const variable of variablesWithoutEffect(environment)) findings.warn(hasNoEffect(variable))
  const names = [...below.environments.keys(), ...sections.environments.keys()].map(spellingOf)
  for (const warning of misspelledVariables(environment, names)) findings.warn(warning)
  return { sections, issues: findings.issues, warnings: findings.warnings }
}

interface Into {
  readonly environment: Environment
  readonly below: Sections
  readonly sections: OpenSections
  readonly findings: Findings
}

function given(name: SharedSection, environment: Environment): readonly (readonly [string, Setting])[] {
  return optionsOf(name).flatMap(([key, { variable }]) => {
    const value = withoutLineBreak(environment[variable])
    return value ? [[key, { value, place: variable }] as const] : []
  })
}

function readDatabase(database: Database, { environment, below, sections, findings }: Into): void {
  const settings = given(database, environment)
  const [enabled] = settings.filter(([key]) => key === 'enabled')
  const isUsed = enabled ? boolean.read(enabled[1].value) !== false : usedDatabases(below).includes(database)
  if (isUsed || enabled) {
    for (const [key, setting] of isUsed ? settings : [enabled as (typeof settings)[0]]) {
      sections.openShared(database, setting.place).set(key, setting)
    }
  }
  // CACHE_TTL belongs to all of them.
  const idle = settings.filter(([key]) => key !== 'enabled' && key !== 'localTtl')
  if (!isUsed && idle.length > 0) {
    const names = idle.map(([, { place }]) => place).join(', ')
    findings.warn(`${names}: without effect, because no USE_${database.toUpperCase()}=1 is beside`)
  }
}

function readEnvironments({ environment, below, sections, findings }: Into): void {
  const options = optionsOf('environment').map(([key, { variable }]) => [key, variable] as const)
  const found = Object.entries(environment).flatMap(([variable, value]) => {
    const [key, prefix] = options.find(([, each]) => variable.startsWith(each) && variable !== each) ?? []
    const suffix = variable.slice(prefix?.length)
    return key === undefined ? [] : [{ variable, key, suffix, value: withoutLineBreak(value) }]
  })
  // The keys come first: they make environments, the others belong to one.
  const keysFirst = found.toSorted((a, b) => Number(b.key === 'sdkKey') - Number(a.key === 'sdkKey'))
  const names = spellings([...below.environments.keys()])
  for (const { variable, key, suffix, value } of keysFirst) {
    const name = names.get(suffix) ?? suffix
    if (key !== 'sdkKey' && !below.environments.has(name) && !sections.environments.has(name)) {
      if (value) findings.warn(`${variable} has no effect: there is no LD_ENV_${suffix} beside it`)
      continue
    }
    const settings = sections.openEnvironment(name, variable)
    if (value) settings.set(key, { value, place: variable })
  }
}

/**
 * The names of a file by how they are spelled in a variable, where an underscore stands for whatever cannot be written
 * there, such as a space. A spelling that two names share means neither.
 */
function spellings(names: readonly string[]): ReadonlyMap<string, string> {
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

/** Those that ask for something; to be asked for nothing is no news. */
function variablesWithoutEffect(environment: Environment): readonly string[] {
  const shared = Object.values({ ...OPTIONS_WITHOUT_EFFECT, environment: SECTIONS_WITHOUT_EFFECT })
  const names = shared.flatMap((each) => Object.values(each)).filter((name) => name !== null)
  const prefixes = Object.values(OPTIONS_WITHOUT_EFFECT.environment).filter((name) => name !== null)
  return Object.entries(environment)
    .filter(([, value]) => value && boolean.read(value) !== false)
    .map(([name]) => name)
    .filter((name) => names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)))
}

/** Returns a value without the line breaks at its end, which come from the file of a secret and are part of no value. */
function withoutLineBreak(value: string | undefined): string | undefined {
  return value?.replace(/[\r\n]+$/, '')
}
