import { boolean } from './forms.ts'
import { DATABASES, type Database } from './option-table.ts'
import type { Section, Sections } from './sections.ts'

/** Any of these says that the database is there. DynamoDB has to be enabled in so many words. */
const ADDRESSES: Readonly<Record<Database, readonly string[]>> = {
  redis: ['host', 'port', 'url', 'clusterNodes', 'sentinels'],
  dynamodb: [],
  consul: ['host'],
}

/** Which databases are to be used; one of them is the rule. */
export function usedDatabases({ shared }: Sections): readonly Database[] {
  return DATABASES.filter((database) => isUsed(database, shared.get(database)))
}

function isUsed(database: Database, section: Section | undefined): boolean {
  if (!section) return false
  const enabled = section.settings.get('enabled')
  if (enabled) return boolean.read(enabled.value) !== false
  return ADDRESSES[database].some((key) => section.settings.has(key))
}

/** What is missing where a database is described, but not used. */
export function whatEnables(database: Database): string {
  return ['enabled = true', ...ADDRESSES[database]].join(' or ')
}
