import type { Kind } from '../model/kind.ts'

/** What each kind is called in a database. */
export const NAMESPACES: Readonly<Record<Kind, string>> = { flag: 'features', segment: 'segments' }

/** The prefix where none is given, except in DynamoDB, which has none then. */
export const DEFAULT_PREFIX = 'launchdarkly'

/** The name of the row that says a full write was finished. Only its existence counts. */
export const MARKER = '$inited'

/** Part of the name of everything Halyard keeps beside the rows; no other software looks there. */
export const SIDECAR = '$halyard'
