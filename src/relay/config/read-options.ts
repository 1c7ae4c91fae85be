import { nearMiss } from '../../model/near-miss.ts'
import { Findings } from './findings.ts'
import { DATABASES, type Database, GENERAL, optionsOf } from './option-table.ts'
import type { Reading } from './reading.ts'
import { OpenSections } from './sections.ts'

type Members = Readonly<Record<string, unknown>>
type Leaf = readonly [path: string, value: unknown]

/** Members that have members. */
const GROUPS: ReadonlySet<string> = new Set([
  'endpoints',
  'tls',
  'proxy',
  'store',
  'history',
  'admission',
  'ready',
  'offline',
])

/** Sorts the members of {@link RelayOptions} by what they are about. Takes anything, for callers without types. */
export function readOptions(options: unknown): Reading {
  const findings = new Findings()
  const sections = new OpenSections()
  if (isObject(options)) {
    const { environments, ...shared } = options
    readShared(shared, { sections, findings })
    readEnvironments(environments, { sections, findings })
  } else {
    findings.refuse('options', 'an object', 'something else')
  }
  return { sections, issues: findings.issues, warnings: findings.warnings }
}

interface Into {
  readonly sections: OpenSections
  readonly findings: Findings
}

function readShared(options: Members, { sections, findings }: Into): void {
  const database = databaseOf(options.store, findings)
  if (database) {
    sections.openShared(database, 'options.store').set('enabled', { value: true, place: 'options.store' })
  }
  if (isObject(options.tls)) {
    sections.openShared('main', 'options').set('tlsEnabled', { value: true, place: 'options.tls' })
  }
  const known = new Map(
    [...GENERAL, ...(database ? [database] : [])].flatMap((name) =>
      optionsOf(name).map(([key, { path }]) => [path, { name, key }] as const),
    ),
  )
  for (const [path, value] of leaves(options, findings)) {
    const option = known.get(path)
    const place = `options.${path}`
    if (option) sections.openShared(option.name, place).set(option.key, { value, place })
    else if (path !== 'store.type' && (database || !path.startsWith('store.'))) {
      refuseUnknown(
        place,
        [...known.keys()].map((each) => `options.${each}`),
        findings,
      )
    }
  }
}

/** Values by their paths, groups taken apart. */
function leaves(options: Members, findings: Findings): readonly Leaf[] {
  return Object.entries(options).flatMap(([name, value]): Leaf[] => {
    if (value === undefined) return []
    // A path in one word is no way to write it: half of what it says would be overlooked.
    if (name.includes('.')) {
      findings.refuse(`options.${name}`, 'an option', 'another name')
      return []
    }
    if (!GROUPS.has(name)) return [[name, value]]
    if (!isObject(value)) {
      findings.refuse(`options.${name}`, 'an object', 'something else')
      return []
    }
    return Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([member, inner]) => [`${name}.${member}`, inner])
  })
}

function databaseOf(store: unknown, findings: Findings): Database | undefined {
  if (!isObject(store)) return undefined
  const database = DATABASES.find((each) => each === store.type)
  if (!database) findings.refuse('options.store.type', DATABASES.join(' or '), 'something else')
  return database
}

function readEnvironments(environments: unknown, { sections, findings }: Into): void {
  if (environments === undefined) return
  if (!Array.isArray(environments)) {
    findings.refuse('options.environments', 'a list', 'something else')
    return
  }
  for (const [index, environment] of environments.entries()) {
    readEnvironment(environment, `options.environments[${index}]`, { sections, findings })
  }
}

function readEnvironment(environment: unknown, place: string, { sections, findings }: Into): void {
  if (!isObject(environment)) {
    findings.refuse(place, 'an object', 'something else')
    return
  }
  const { name, ...rest } = environment
  if (typeof name !== 'string' || name === '') {
    findings.refuse(`${place}.name`, 'a text that is not empty', 'something else')
    return
  }
  const other = sections.environments.get(name)
  if (other) {
    findings.refuse(`${place}.name`, 'a name of its own', `that of ${other.place}`)
    return
  }
  const settings = sections.openEnvironment(name, place)
  const options = optionsOf('environment')
  for (const [path, value] of Object.entries(rest)) {
    const [key] = options.find(([, option]) => option.path === path) ?? []
    if (key === undefined) {
      refuseUnknown(
        `${place}.${path}`,
        options.map(([, option]) => `${place}.${option.path}`),
        findings,
      )
    } else if (value !== undefined) {
      settings.set(key, { value, place: `${place}.${path}` })
    }
  }
}

function refuseUnknown(place: string, known: readonly string[], findings: Findings): void {
  const meant = nearMiss(place, known)
  findings.refuse(
    place,
    meant === undefined ? 'an option' : `an option (did you mean ${meant}?)`,
    'another name',
  )
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
