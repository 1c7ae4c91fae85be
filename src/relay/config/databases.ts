import { SIDECAR } from '../../layout/row.ts'
import type { IssueCollector } from '../../options/issues.ts'
import type { Section } from '../../options/option-table.ts'
import { boolean } from '../../options/value-forms.ts'
import { STORES, type StoreConfig, storeModuleOf } from '../../store/registry.ts'
import type { SelectedStore, StoreModule } from '../../store/store-module.ts'
import type { Sections } from './sections.ts'

/** The database of the relay, if there is one, and the errors and warnings so far. */
export interface CheckContext {
  readonly choice: SelectedStore<StoreConfig> | undefined
  readonly collector: IssueCollector
}

/** Returns the databases that the settings enable. More than one is an error, which {@link readStore} reports. */
export function usedDatabases({ shared }: Sections): readonly StoreModule<StoreConfig>[] {
  return STORES.filter((database) => isUsed(database, shared.get(database.type)))
}

function isUsed({ addresses }: StoreModule<StoreConfig>, section: Section | undefined): boolean {
  if (!section) return false
  const enabled = section.settings.get('enabled')
  if (enabled) return boolean.read(enabled.value) !== false
  return addresses.some((name) => section.settings.has(name))
}

/** Returns the database of a relay, or `undefined` for none. Reports errors, and sections without effect. */
export function readStore(
  sections: Sections,
  collector: IssueCollector,
): SelectedStore<StoreConfig> | undefined {
  const used = usedDatabases(sections)
  for (const database of STORES) {
    if (!used.includes(database)) warnOfUnused(database, sections.shared.get(database.type), collector)
  }
  const [database, ...others] = used
  if (!database) return undefined
  const section = sections.shared.get(database.type)
  for (const { type, section: other } of others) {
    collector.refuse(
      sections.shared.get(type)?.place ?? other.title,
      'at most one database',
      `${other.title} in addition to ${database.section.title} (${section?.place})`,
    )
  }
  return database.read(section, collector)
}

/** Warns about a section without effect, except if it has `enabled`, which means that it is unused on purpose. */
function warnOfUnused(
  { addresses }: StoreModule<StoreConfig>,
  section: Section | undefined,
  collector: IssueCollector,
): void {
  if (!section || section.settings.has('enabled')) return
  collector.warn(`${section.place} has no effect without ${['enabled = true', ...addresses].join(' or ')}`)
}

export interface DatabasePlace {
  readonly prefix: string | undefined
  readonly tableName: string | undefined
  readonly place: string
}

/**
 * Reports environments whose rows collide. In Redis and DynamoDB only equal prefixes collide (in DynamoDB: of one table);
 * `ld` and `ld:test` do not. Consul is one tree: LaunchDarkly's SDKs delete all keys that begin with their prefix, so that a
 * writer with the prefix `ld` also deletes `ld-test/…`.
 */
export function refuseSharedPlaces(
  store: StoreConfig,
  places: readonly DatabasePlace[],
  collector: IssueCollector,
): void {
  const { isTree } = storeModuleOf(store)
  for (const { prefix, place } of places) {
    const expected = prefix === undefined ? undefined : prefixProblem(store, prefix)
    if (expected !== undefined) collector.refuse(place, expected, 'a string (value hidden)')
  }
  // In sorted order, all names that begin with a name follow it directly.
  const ordered = places
    .map((each) => ({ name: nameOf(each), place: each.place }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  let first: (typeof ordered)[number] | undefined
  for (const each of ordered) {
    if (first?.name === each.name) {
      collector.refuse(each.place, 'a unique place in the database', `the same as ${first.place}`)
    } else if (isTree && first && each.name.startsWith(first.name)) {
      const expected = 'a prefix that does not begin with that of another environment'
      collector.refuse(each.place, expected, `a prefix that begins with that of ${first.place}`)
    } else {
      first = each
    }
  }
}

/** Returns the table and the prefix, separated by a line break, which no table name contains. */
function nameOf({ tableName = '', prefix = '' }: DatabasePlace): string {
  return `${tableName}\n${prefix}`
}

/** Returns a description of the prefixes that the database accepts if this one is not accepted, otherwise `undefined`. */
export function prefixProblem(store: StoreConfig, prefix: string): string | undefined {
  const own = storeModuleOf(store).prefixProblem(store, prefix)
  if (own !== undefined) return own
  return prefix.split(/[:/]/).includes(SIDECAR)
    ? `a prefix without ${SIDECAR}, which is reserved for Halyard`
    : undefined
}
