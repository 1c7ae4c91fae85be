import { compact } from '../../options/compact.ts'
import type { IssueCollector } from '../../options/issues.ts'
import type { Section, Setting } from '../../options/option-table.ts'
import { type StoreConfig, storeModuleOf } from '../../store/registry.ts'
import type { SelectedStore } from '../../store/store-module.ts'
import { type CheckContext, prefixProblem } from './databases.ts'
import type { AutoConfigOptions, OfflineConfig } from './option-groups.ts'
import type { Sections } from './sections.ts'

/** The text that is replaced by the id of each environment, as in LaunchDarkly's Relay Proxy. */
const ID_PLACEHOLDER = '$CID'

/** Returns the archive from which the environments come, or `undefined`. Reports missing and useless options. */
export function checkOffline(
  offline: Partial<OfflineConfig> | undefined,
  { shared }: Sections,
  { choice, collector }: CheckContext,
): OfflineConfig | undefined {
  const section = shared.get('offline')
  if (!section) return undefined
  if (!section.settings.has('fileDataSource')) {
    warnOfUseless(section, 'has no effect without fileDataSource, the path of an archive', collector)
    return undefined
  }
  checkPlaces(section, { choice, collector })
  const { archive, intervalMs, ...others } = offline ?? {}
  if (archive === undefined || intervalMs === undefined) return undefined
  return compact({ archive, intervalMs, ...others, ...usedPlaces(others, choice) })
}

/** Returns the options of automatic configuration, or `undefined` if it is off. Reports missing and useless options. */
export function checkAutoConfig(
  autoConfig: Partial<AutoConfigOptions> | undefined,
  { shared }: Sections,
  { choice, collector }: CheckContext,
): AutoConfigOptions | undefined {
  const section = shared.get('autoConfig')
  if (!section) return undefined
  const { settings } = section
  const key = settings.get('key')
  if (!key) {
    warnOfUseless(section, 'has no effect without key, the automatic configuration key', collector)
    return undefined
  }
  const archive = shared.get('offline')?.settings.get('fileDataSource')
  if (archive)
    collector.refuse(key.place, `no automatic configuration beside an archive (${archive.place})`, 'a key')
  checkPlaces(section, { choice, collector })
  const { cacheKey, cacheTableName = choice?.tableName, ...rest } = autoConfig ?? {}
  const cache = checkCache(settings, cacheTableName, { choice, collector })
  if (rest.key === undefined) return undefined
  return compact({
    ...rest,
    key: rest.key,
    ...usedPlaces(rest, choice),
    cacheKey: cache === 'none' ? undefined : cacheKey,
    cacheTableName: cache === 'in a table' ? cacheTableName : undefined,
  })
}

/** Returns where the copy under `cacheKey` is. Reports a missing table, and databases without such a copy. */
function checkCache(
  settings: Section['settings'],
  tableName: string | undefined,
  { choice, collector }: CheckContext,
): 'none' | 'in a key' | 'in a table' {
  const cacheKey = settings.get('cacheKey')
  if (!cacheKey) return 'none'
  const store = choice && storeModuleOf(choice.store)
  if (!store?.hasTexts) {
    const reason = store ? `${store.section.title} cannot hold the copy` : 'no database is configured'
    collector.warn(`${cacheKey.place} has no effect: ${reason}`)
    return 'none'
  }
  if (!store.hasTables) return 'in a key'
  if (tableName === undefined)
    collector.refuse(cacheKey.place, 'a tableName in [DynamoDB], or a cacheTableName', 'none')
  return 'in a table'
}

function warnOfUseless({ settings }: Section, reason: string, collector: IssueCollector): void {
  const [first] = settings.values()
  if (first) collector.warn(`${first.place} ${reason}`)
}

interface Places {
  readonly prefix?: string
  readonly tableName?: string
}

/** Returns the place of the environments in the database, without options that it does not have. */
function usedPlaces(
  { prefix, tableName }: Places,
  choice: CheckContext['choice'],
): { readonly prefix: string | undefined; readonly tableName: string | undefined } {
  const hasTables = choice && storeModuleOf(choice.store).hasTables
  return {
    prefix: choice ? prefix : undefined,
    tableName: hasTables ? (tableName ?? choice.tableName) : undefined,
  }
}

function checkPlaces(section: Section, { choice, collector }: CheckContext): void {
  const { settings } = section
  if (choice) refuseSharedPlace(section, choice, collector)
  const first = settings.get('envDatastorePrefix') ?? settings.get('envDatastoreTableName')
  if (!choice && first) collector.warn(`${first.place} has no effect: no database is configured`)
}

/** Reports a place that all environments would share, because its name does not contain their id. */
function refuseSharedPlace(
  { settings, place }: Section,
  { store, tableName }: SelectedStore<StoreConfig>,
  collector: IssueCollector,
): void {
  const { hasTables } = storeModuleOf(store)
  const prefix = settings.get('envDatastorePrefix')
  const table = hasTables ? settings.get('envDatastoreTableName') : undefined
  if (![prefix, table].some(hasPlaceholder)) {
    const name = hasTables ? 'envDatastorePrefix or envDatastoreTableName' : 'envDatastorePrefix'
    const expected = `an ${name} that contains ${ID_PLACEHOLDER}, so that environments differ`
    collector.refuse((prefix ?? table)?.place ?? place, expected, 'none')
  }
  if (hasTables && !table && tableName === undefined) {
    collector.refuse(place, 'a tableName in [DynamoDB], or an envDatastoreTableName', 'none')
  }
  const expected =
    typeof prefix?.value === 'string'
      ? prefixProblem(store, prefix.value.replaceAll(ID_PLACEHOLDER, 'id'))
      : undefined
  if (prefix && expected !== undefined) collector.refuse(prefix.place, expected, 'a string (value hidden)')
}

function hasPlaceholder(setting: Setting | undefined): boolean {
  return typeof setting?.value === 'string' && setting.value.includes(ID_PLACEHOLDER)
}

/** Returns a name of a place in the database with the id of an environment. */
export function placeOf(template: string | undefined, id: string): string | undefined {
  return template?.replaceAll(ID_PLACEHOLDER, () => id)
}
