import { UNSET_HINT } from '../../model/sdk-key.ts'
import { compact } from '../../options/compact.ts'
import type { IssueCollector } from '../../options/issues.ts'
import type { Section } from '../../options/option-table.ts'
import { readValues } from '../../options/read-values.ts'
import { type StoreConfig, storeModuleOf } from '../../store/registry.ts'
import type { SelectedStore } from '../../store/store-module.ts'
import { refuseSharedCredentials } from './check-credentials.ts'
import { type CheckContext, type DatabasePlace, refuseSharedPlaces } from './databases.ts'
import { ENVIRONMENT } from './environment-options.ts'
import type { EnvironmentOptions } from './option-types.ts'
import type { EnvironmentConfig } from './relay-config.ts'
import type { Sections } from './sections.ts'

/** Returns the environments. Reports errors of each, and environments that have the same key or place in the database. */
export function checkEnvironments(
  { shared, environments }: Sections,
  { choice, collector }: CheckContext,
): readonly EnvironmentConfig[] {
  const archive = shared.get('offline')?.settings.get('fileDataSource')
  const autoConfigKey = shared.get('autoConfig')?.settings.get('key')
  const origin = archive ?? autoConfigKey
  const sections = [...environments.values()]
  const [first] = sections
  if (origin && first) {
    const source = archive ? 'the archive' : 'automatic configuration'
    collector.refuse(
      first.place,
      `no environments in addition to those of ${source} (${origin.place})`,
      'an environment',
    )
  }
  if (!origin && !first) {
    const expected =
      'at least one: [Environment "NAME"] with an sdkKey in a file, or the variable LD_ENV_NAME'
    collector.refuse('environments', expected, 'none')
  }
  refuseSharedCredentials(sections, collector)
  if (choice) refuseSharedPlaces(choice.store, placesOf(sections, choice, collector), collector)
  else warnOfPrefix(sections, collector)
  return [...environments].flatMap(([name, section]) =>
    checkEnvironment(name, section, { choice, collector }),
  )
}

function checkEnvironment(
  name: string,
  section: Section,
  { choice, collector }: CheckContext,
): EnvironmentConfig[] {
  const values = readValues<Partial<EnvironmentOptions>>(ENVIRONMENT, section, collector)
  const { sdkKey, prefix, tableName, ...others } = values
  if (!section.settings.has('sdkKey')) collector.refuse(section.place, 'an SDK key', `none (${UNSET_HINT})`)
  if (sdkKey === undefined) return []
  const hasTables = choice && storeModuleOf(choice.store).hasTables
  return [
    compact({
      name,
      sdkKey,
      prefix: choice ? prefix : undefined,
      tableName: hasTables ? (tableName ?? choice.tableName) : undefined,
      ...others,
    }),
  ]
}

/** Returns the places of the environments in the database. Reports environments without one. */
function placesOf(
  sections: readonly Section[],
  { store, tableName }: SelectedStore<StoreConfig>,
  collector: IssueCollector,
): readonly DatabasePlace[] {
  const { hasTables } = storeModuleOf(store)
  return sections.flatMap(({ place, settings }) => {
    const prefix = settings.get('prefix')
    const table = hasTables ? settings.get('tableName') : undefined
    if (!prefix && !table) {
      const own = hasTables ? 'a unique prefix or tableName' : 'a unique prefix'
      collector.refuse(place, `${own} for its rows in the database`, 'none')
      return []
    }
    if (hasTables && !table && tableName === undefined) {
      collector.refuse(place, 'a tableName, here or in [DynamoDB]', 'none')
    }
    // readValues reports values that are not strings.
    if ([prefix, table].some((setting) => setting && typeof setting.value !== 'string')) return []
    return [
      {
        prefix: stringOf(prefix?.value),
        tableName: stringOf(table?.value) ?? tableName,
        place: (prefix ?? table)?.place ?? place,
      },
    ]
  })
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function warnOfPrefix(sections: readonly Section[], collector: IssueCollector): void {
  const [first] = sections.flatMap(({ settings }) => settings.get('prefix') ?? [])
  if (first) collector.warn(`${first.place} has no effect: no database is configured`)
}
