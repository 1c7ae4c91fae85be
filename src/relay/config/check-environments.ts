import { UNSET_HINT } from '../../model/sdk-key.ts'
import type { StoreChoice } from './check-store.ts'
import { compact } from './compact.ts'
import { type DatabasePlace, refuseSharedPlaces } from './database-places.ts'
import type { Findings } from './findings.ts'
import { OPTION_TABLE } from './option-table.ts'
import type { EnvironmentConfig } from './relay-config.ts'
import type { Section, Sections } from './sections.ts'
import { valuesOf } from './values-of.ts'

/** Reads the environments, each by itself and then beside the others. */
export function checkEnvironments(
  { shared, environments }: Sections,
  choice: StoreChoice | undefined,
  findings: Findings,
): readonly EnvironmentConfig[] {
  const archive = shared.get('offline')?.settings.get('fileDataSource')
  const [first] = environments.values()
  if (archive && first) {
    findings.refuse(first.place, `no environment beside those of the archive (${archive.place})`, 'one')
  }
  if (!archive && !first) {
    const expected =
      'at least one, as [Environment "NAME"] with an sdkKey in a file, or as LD_ENV_NAME in a variable'
    findings.refuse('environments', expected, 'none')
  }
  refuseSharedKeys([...environments.values()], findings)
  const places = choice ? databasePlaces([...environments.values()], choice, findings) : []
  if (choice) refuseSharedPlaces(choice.store, places, findings)
  else warnOfIdlePrefix([...environments.values()], findings)
  return [...environments].flatMap(([name, section]) => checkEnvironment(name, section, choice, findings))
}

function checkEnvironment(
  name: string,
  section: Section,
  choice: StoreChoice | undefined,
  findings: Findings,
): EnvironmentConfig[] {
  const values = valuesOf(OPTION_TABLE.environment, section, findings)
  const { sdkKey, prefix, tableName = choice?.tableName, ttl, logLevel, envId, projKey } = values
  if (!section.settings.has('sdkKey')) findings.refuse(section.place, 'an SDK key', `none (${UNSET_HINT})`)
  if (sdkKey === undefined) return []
  const isInTable = choice?.store.type === 'dynamodb'
  return [
    compact({
      name,
      sdkKey,
      prefix: choice ? prefix : undefined,
      tableName: isInTable ? tableName : undefined,
      ttlMs: ttl,
      logLevel,
      envId,
      projKey,
    }),
  ]
}

/** Requests are told apart by their key. */
function refuseSharedKeys(sections: readonly Section[], findings: Findings): void {
  const seen = new Map<unknown, string>()
  for (const { settings } of sections) {
    const setting = settings.get('sdkKey')
    if (!setting) continue
    const other = seen.get(setting.value)
    if (other === undefined) seen.set(setting.value, setting.place)
    else findings.refuse(setting.place, 'an SDK key of its own', `that of ${other}`)
  }
}

/** Where each keeps its rows. Those that do not say so are refused. */
function databasePlaces(
  sections: readonly Section[],
  { store, tableName }: StoreChoice,
  findings: Findings,
): readonly DatabasePlace[] {
  return sections.flatMap(({ place, settings }) => {
    const prefix = settings.get('prefix')
    const table = store.type === 'dynamodb' ? settings.get('tableName') : undefined
    if (!prefix && !table) {
      const own = store.type === 'dynamodb' ? 'a prefix or a tableName' : 'a prefix'
      findings.refuse(place, `${own} of its own, which sets its rows in the database apart`, 'none')
      return []
    }
    if (store.type === 'dynamodb' && !table && tableName === undefined) {
      findings.refuse(place, 'a tableName, here or for all of DynamoDB', 'none')
    }
    // What is no text is refused where values are read.
    if ([prefix, table].some((setting) => setting && typeof setting.value !== 'string')) return []
    return [
      {
        prefix: textOf(prefix?.value),
        tableName: textOf(table?.value) ?? tableName,
        place: (prefix ?? table)?.place ?? place,
      },
    ]
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function warnOfIdlePrefix(sections: readonly Section[], findings: Findings): void {
  const [first] = sections.flatMap(({ settings }) => settings.get('prefix') ?? [])
  if (first) findings.warn(`${first.place} has no effect: no database is configured`)
}
