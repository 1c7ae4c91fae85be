import { checkRedis } from './check-redis.ts'
import { compact } from './compact.ts'
import { CONSUL, DEFAULT_LOCAL_TTL_MS, DYNAMODB } from './database-options.ts'
import { usedDatabases, whatEnables } from './databases.ts'
import type { Findings } from './findings.ts'
import { DATABASES, type Database, TITLES } from './option-table.ts'
import type { ConsulConfig, DynamodbConfig, StoreConfig } from './relay-config.ts'
import type { Section, Sections } from './sections.ts'
import { valuesOf } from './values-of.ts'

/** The database, and the table of all environments that have none of their own. */
export interface StoreChoice {
  readonly store: StoreConfig
  readonly tableName?: string
}

/** Reads which database is to be used: none, or one. */
export function checkStore(sections: Sections, findings: Findings): StoreChoice | undefined {
  const used = usedDatabases(sections)
  for (const database of DATABASES.filter((each) => !used.includes(each))) {
    warnOfIdle(database, sections.shared.get(database), findings)
  }
  const [database, ...others] = used
  if (database === undefined) return undefined
  const section = sections.shared.get(database)
  for (const other of others) {
    const place = sections.shared.get(other)?.place ?? TITLES[other]
    findings.refuse(
      place,
      'one database at most',
      `${TITLES[other]} beside ${TITLES[database]} (${section?.place})`,
    )
  }
  switch (database) {
    case 'redis':
      return { store: checkRedis(section, findings) }
    case 'consul':
      return { store: consul(section, findings) }
    case 'dynamodb':
      return dynamodb(section, findings)
    default:
      return database satisfies never
  }
}

/** Who describes a database wants to use it, except where it says that it is not enabled. */
function warnOfIdle(database: Database, section: Section | undefined, findings: Findings): void {
  if (!section || section.settings.has('enabled')) return
  findings.warn(`${section.place} has no effect without ${whatEnables(database)}`)
}

function dynamodb(section: Section | undefined, findings: Findings): StoreChoice {
  const { url, tableName, localTtl } = valuesOf(DYNAMODB, section, findings)
  const store: DynamodbConfig = compact({
    type: 'dynamodb',
    url,
    localTtlMs: localTtl ?? DEFAULT_LOCAL_TTL_MS,
  })
  return compact({ store, tableName })
}

function consul(section: Section | undefined, findings: Findings): ConsulConfig {
  const { host, token, tokenFile, localTtl } = valuesOf(CONSUL, section, findings)
  const file = section?.settings.get('tokenFile')
  const inline = section?.settings.get('token')
  if (file && inline) {
    findings.refuse(file.place, 'either a token or the file of one', `both (${inline.place})`)
  }
  return compact({
    type: 'consul',
    url: host ?? 'http://localhost:8500',
    token,
    tokenFile,
    localTtlMs: localTtl ?? DEFAULT_LOCAL_TTL_MS,
  })
}
