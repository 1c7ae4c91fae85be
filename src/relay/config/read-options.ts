import { IssueCollector } from '../../options/issues.ts'
import { unknownName } from '../../options/unknown-names.ts'
import { STORES, type StoreConfig } from '../../store/registry.ts'
import type { StoreModule } from '../../store/store-module.ts'
import { ENVIRONMENT } from './environment-options.ts'
import { GENERAL_SECTIONS } from './options.ts'
import type { SharedSection } from './sections.ts'
import { OpenSections, type SourceReading } from './sections.ts'

type Members = Readonly<Record<string, unknown>>

interface OptionLocation {
  readonly section: SharedSection
  readonly option: string
}

const GENERAL_PATHS: ReadonlyMap<string, OptionLocation> = new Map(
  Object.entries(GENERAL_SECTIONS).flatMap(([section, { options }]) =>
    options.flatMap(({ name, path }) =>
      path === undefined ? [] : [[path, { section: section as SharedSection, option: name }] as const],
    ),
  ),
)

/** The members that are objects of options, such as `history`. */
const GROUPS: ReadonlySet<string | undefined> = new Set([
  ...[...GENERAL_PATHS.keys()].filter((path) => path.includes('.')).map((path) => path.split('.', 1)[0]),
  'store',
])

/** Returns the settings of {@link RelayOptions} by section. Accepts any value, for callers without types. */
export function readOptions(options: unknown): SourceReading {
  const collector = new IssueCollector()
  const sections = new OpenSections()
  if (isObject(options)) {
    const { environments, ...shared } = options
    readShared(shared, sections, collector)
    readEnvironments(environments, sections, collector)
  } else {
    collector.refuse('options', 'an object', 'another type')
  }
  return { sections, issues: collector.issues, warnings: collector.warnings }
}

function readShared(options: Members, sections: OpenSections, collector: IssueCollector): void {
  const database = databaseOf(options.store, collector)
  // The presence of these groups enables them.
  if (database) enable(sections.openShared(database.type, 'options.store'), 'enabled', 'options.store')
  if (isObject(options.tls)) enable(sections.openShared('main', 'options'), 'tlsEnabled', 'options.tls')
  if (isObject(options.prometheus))
    enable(sections.openShared('prometheus', 'options'), 'enabled', 'options.prometheus')
  const known = new Map([...GENERAL_PATHS, ...pathsOf(database)])
  for (const [path, value] of leaves(options, collector)) {
    const location = known.get(path)
    const place = `options.${path}`
    if (location) sections.openShared(location.section, place).set(location.option, { value, place })
    else if (path !== 'store.type' && (database || !path.startsWith('store.'))) {
      refuseUnknown(place, { name: path, known: [...known.keys()] }, collector)
    }
  }
}

function enable(
  settings: Map<string, { readonly value: unknown; readonly place: string }>,
  option: string,
  place: string,
): void {
  settings.set(option, { value: true, place })
}

function pathsOf(
  database: StoreModule<StoreConfig> | undefined,
): readonly (readonly [string, OptionLocation])[] {
  if (!database) return []
  return database.section.options.flatMap(({ name, path }) =>
    path === undefined ? [] : [[`store.${path}`, { section: database.type, option: name }] as const],
  )
}

/** Returns the value of each option by its path, for example `port` or `history.maxSteps`. */
function leaves(
  options: Members,
  collector: IssueCollector,
): readonly (readonly [path: string, value: unknown])[] {
  return Object.entries(options).flatMap(([name, value]): (readonly [string, unknown])[] => {
    if (value === undefined) return []
    // A name such as 'store.url' would pass for a path, but the checks of its group would not see it.
    if (name.includes('.')) {
      collector.refuse(`options.${name}`, 'a known option', 'an unknown name')
      return []
    }
    if (!GROUPS.has(name)) return [[name, value]]
    if (!isObject(value)) {
      collector.refuse(`options.${name}`, 'an object', 'another type')
      return []
    }
    return Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([member, inner]) => [`${name}.${member}`, inner])
  })
}

function databaseOf(store: unknown, collector: IssueCollector): StoreModule<StoreConfig> | undefined {
  if (!isObject(store)) return undefined
  const database = STORES.find(({ type }) => type === store.type)
  if (!database) {
    const expected = STORES.map(({ type }) => type).join(' or ')
    collector.refuse('options.store.type', expected, 'another value')
  }
  return database
}

function readEnvironments(environments: unknown, sections: OpenSections, collector: IssueCollector): void {
  if (environments === undefined) return
  if (!Array.isArray(environments)) {
    collector.refuse('options.environments', 'an array', 'another type')
    return
  }
  for (const [index, environment] of environments.entries()) {
    const place = `options.environments[${index}]`
    if (isObject(environment)) readEnvironment(environment, place, { sections, collector })
    else collector.refuse(place, 'an object', 'another type')
  }
}

function readEnvironment(
  { name, ...members }: Members,
  place: string,
  { sections, collector }: { readonly sections: OpenSections; readonly collector: IssueCollector },
): void {
  const isName = typeof name === 'string' && name !== ''
  const other = isName ? sections.environments.get(name) : undefined
  if (!isName) collector.refuse(`${place}.name`, 'a non-empty string', 'another value')
  if (other) collector.refuse(`${place}.name`, 'a unique name', `the same as ${other.place}`)
  if (!isName || other) return
  const settings = sections.openEnvironment(name, place)
  const { options } = ENVIRONMENT
  for (const [path, value] of Object.entries(members)) {
    const option = options.find((each) => each.path === path)
    if (!option) {
      const known = ['name', ...options.flatMap((each) => each.path ?? [])]
      refuseUnknown(`${place}.${path}`, { name: path, known }, collector)
    } else if (value !== undefined) {
      settings.set(option.name, { value, place: `${place}.${path}` })
    }
  }
}

function refuseUnknown(
  place: string,
  { name, known }: { readonly name: string; readonly known: readonly string[] },
  collector: IssueCollector,
): void {
  const { expected, received } = unknownName(place, name, known)
  collector.refuse(place, expected, received)
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
