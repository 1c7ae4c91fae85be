import { isDeepStrictEqual } from 'node:util'
import { ConfigError } from '../../model/errors.ts'
import type { RelayConfig } from './relay-config.ts'

/**
 * Whether environments come with an archive, and with which, is settled at the start: without a word about environments of
 * its own a relay would lose all it has.
 *
 * @throws {ConfigError} where another configuration says otherwise.
 */
export function refuseOtherArchive(before: RelayConfig, after: RelayConfig): void {
  if (isDeepStrictEqual(before.offline, after.offline)) return
  throw new ConfigError([
    { path: 'offline', expected: 'what it was at the start; another needs a restart', received: 'another' },
  ])
}
