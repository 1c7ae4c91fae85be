import type { StoreChoice } from './check-store.ts'
import { compact } from './compact.ts'
import { wrongPrefix } from './database-places.ts'
import type { Findings } from './findings.ts'
import { OFFLINE } from './offline-options.ts'
import type { OfflineConfig } from './relay-config.ts'
import type { Section, Sections, Setting } from './sections.ts'
import { valuesOf } from './values-of.ts'

/** Stands for the id of each environment, as in LaunchDarkly's Relay Proxy. */
export const ID_PLACEHOLDER = '$CID'

/** Without a word about it LaunchDarkly's looks once a second. */
const DEFAULT_INTERVAL_MS = 1_000

/** Reads whether environments come with an archive, and where they are kept then. */
export function checkOffline(
  { shared }: Sections,
  choice: StoreChoice | undefined,
  findings: Findings,
): OfflineConfig | undefined {
  const section = shared.get('offline')
  if (!section) return undefined
  const values = valuesOf(OFFLINE, section, findings)
  if (!section.settings.has('fileDataSource')) {
    warnOfIdle(section, findings)
    return undefined
  }
  if (choice) refuseSharedPlace(section, choice, findings)
  else warnOfIdlePlace(section, findings)
  const { fileDataSource: archive, fileDataSourceMonitoringInterval: intervalMs } = values
  if (archive === undefined) return undefined
  const isInTable = choice?.store.type === 'dynamodb'
  return compact({
    archive,
    intervalMs: intervalMs ?? DEFAULT_INTERVAL_MS,
    prefix: choice ? values.envDatastorePrefix : undefined,
    tableName: isInTable ? (values.envDatastoreTableName ?? choice.tableName) : undefined,
  })
}

/** There may be many environments, so what sets them apart has to be in the name of their place. */
function refuseSharedPlace(section: Section, { store, tableName }: StoreChoice, findings: Findings): void {
  const prefix = section.settings.get('envDatastorePrefix')
  const table = store.type === 'dynamodb' ? section.settings.get('envDatastoreTableName') : undefined
  const place = (prefix ?? table ?? section).place
  if (![prefix, table].some(hasPlaceholder)) {
    const name =
      store.type === 'dynamodb' ? 'envDatastorePrefix or envDatastoreTableName' : 'envDatastorePrefix'
    findings.refuse(place, `an ${name} with ${ID_PLACEHOLDER} in it, which sets environments apart`, 'none')
  }
  if (store.type === 'dynamodb' && !table && tableName === undefined) {
    findings.refuse(section.place, 'a tableName, for all of DynamoDB, or an envDatastoreTableName', 'none')
  }
  const expected =
    typeof prefix?.value === 'string'
      ? wrongPrefix(store, prefix.value.replaceAll(ID_PLACEHOLDER, 'id'))
      : undefined
  if (prefix && expected !== undefined) findings.refuse(prefix.place, expected, 'another text')
}

function hasPlaceholder(setting: Setting | undefined): boolean {
  return typeof setting?.value === 'string' && setting.value.includes(ID_PLACEHOLDER)
}

function warnOfIdlePlace({ settings }: Section, findings: Findings): void {
  const first = settings.get('envDatastorePrefix') ?? settings.get('envDatastoreTableName')
  if (first) findings.warn(`${first.place} has no effect: no database is configured`)
}

function warnOfIdle({ settings }: Section, findings: Findings): void {
  const [first] = settings.values()
  if (first) findings.warn(`${first.place} has no effect without fileDataSource, the path of an archive`)
}
