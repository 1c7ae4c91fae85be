import { SIDECAR } from '../../layout/row.ts'
import { fitsUrl } from '../../store/consul/options.ts'
import { hasHashTag } from '../../store/redis/keys.ts'
import type { Findings } from './findings.ts'
import type { StoreConfig } from './relay-config.ts'

/** Where an environment keeps its rows. */
export interface DatabasePlace {
  readonly prefix: string | undefined
  /** Of DynamoDB. */
  readonly tableName: string | undefined
  /** Where the configuration says so. */
  readonly place: string
}

/**
 * Refuses places of which one reaches into another. In Redis and DynamoDB names are whole, so only equal prefixes do (in
 * DynamoDB: of the same table); `ld` beside `ld:test` is as good as any. Consul is one tree in which LaunchDarkly's SDKs
 * delete whatever begins with their prefix, `ld-test/…` for `ld` included. Names of Halyard's own are nobody's prefix.
 */
export function refuseSharedPlaces(
  store: StoreConfig,
  places: readonly DatabasePlace[],
  findings: Findings,
): void {
  for (const { prefix, place } of places) {
    const expected = prefix === undefined ? undefined : wrongPrefix(store, prefix)
    if (expected !== undefined) findings.refuse(place, expected, 'another text')
  }
  // In this order, whatever begins with a text follows it, and nothing else stands between.
  const ordered = places
    .map((each) => ({ name: nameOf(each), place: each.place }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  let first: (typeof ordered)[number] | undefined
  for (const each of ordered) {
    if (first?.name === each.name) {
      findings.refuse(each.place, 'a place in the database of its own', `that of ${first.place}`)
    } else if (store.type === 'consul' && first && each.name.startsWith(first.name)) {
      const expected = 'a prefix that does not begin with that of another environment'
      findings.refuse(each.place, expected, `one that begins with that of ${first.place}`)
    } else {
      first = each
    }
  }
}

/** Tables first: prefixes have a meaning in each. None has a line break in its name. */
function nameOf({ tableName = '', prefix = '' }: DatabasePlace): string {
  return `${tableName}\n${prefix}`
}

/** What a prefix has to be, where it is not. */
export function wrongPrefix(store: StoreConfig, prefix: string): string | undefined {
  const { type: database } = store
  if (store.type === 'redis' && store.clusterNodes && !hasHashTag(prefix)) {
    return 'a prefix with a hash tag, as in {ld:production}, because a cluster writes at once only what lies on one node'
  }
  if (prefix.split(/[:/]/).includes(SIDECAR)) {
    return `a prefix without ${SIDECAR}, which is where Halyard keeps its own`
  }
  if (database !== 'consul') return undefined
  if (SIDECAR.startsWith(prefix)) {
    return `a prefix that ${SIDECAR} does not begin with, since Halyard keeps its own there`
  }
  return fitsUrl(prefix) ? undefined : 'a path without empty or dotted segments'
}
