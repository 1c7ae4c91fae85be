import type { Selector } from '../../selector/selector.ts'
import type { ArchivedEnvironment } from '../archive/archive.ts'

/** Keeps selectors of archives from every service, which would not know them. */
export const ARCHIVE_SCOPE = 'archive'

/**
 * Names data by what it is (decision 9): every relay that reads the same archive says the same, before and after a restart.
 * No service gives such a name; one that is shown it answers with everything.
 */
export function archiveSelector({ id, version, data }: ArchivedEnvironment): Selector {
  return { state: `halyard-archive:${id}:${data.hash.slice(0, 32)}`, version, scope: ARCHIVE_SCOPE }
}
