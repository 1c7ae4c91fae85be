import { compact } from '../../options/compact.ts'
import type { FurtherKey } from '../../options/key-list.ts'
import type { EnvironmentMetadata } from '../archive/archive.ts'
import { placeOf } from '../config/check-origin.ts'
import type { AutoConfigOptions } from '../config/option-groups.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'
import { credentialsOf } from '../credentials.ts'
import type { RefusedItem } from './environment-list.ts'

export interface ConfiguredEnvironments {
  readonly environments: readonly EnvironmentConfig[]
  /** The environments that are not served. */
  readonly refused: readonly RefusedItem[]
}

/**
 * Returns the configuration of the environments. Their names are their ids, so that a renamed environment stays the same. An
 * environment with a key of an earlier one is left out, because a key selects one environment.
 *
 * @param now - milliseconds since the Unix epoch. Keys that have expired are left out.
 */
export function environmentsOf(
  list: readonly EnvironmentMetadata[],
  options: AutoConfigOptions,
  now: number,
): ConfiguredEnvironments {
  const owners = new Map<string, string>()
  const environments: EnvironmentConfig[] = []
  const refused: RefusedItem[] = []
  for (const metadata of list) {
    const config = environmentOf(metadata, options, now)
    const keys = credentialsOf(config).map(({ audience, value }) => `${audience} ${value}`)
    const owner = keys.map((key) => owners.get(key)).find((id) => id !== undefined)
    if (owner !== undefined) {
      refused.push({ id: config.name, reason: `it has a key that environment ${owner} also has` })
      continue
    }
    for (const key of keys) owners.set(key, config.name)
    environments.push(config)
  }
  return { environments, refused }
}

function environmentOf(
  metadata: EnvironmentMetadata,
  { prefix, tableName, allowedOrigins, allowedHeaders }: AutoConfigOptions,
  now: number,
): EnvironmentConfig {
  const { id, name: envName, envKey, projName, projKey, sdkKey, mobileKey, ttlMinutes, secureMode } = metadata
  return compact({
    name: id,
    sdkKey,
    moreSdkKeys: validKeys(metadata.moreSdkKeys, now),
    mobileKey,
    moreMobileKeys: validKeys(metadata.moreMobileKeys, now),
    envId: id,
    secureMode: secureMode || undefined,
    prefix: placeOf(prefix, id),
    tableName: placeOf(tableName, id),
    ttlMs: ttlMinutes > 0 ? ttlMinutes * 60_000 : undefined,
    allowedOrigins,
    allowedHeaders,
    projKey: projKey === '' ? undefined : projKey,
    details: { envKey, envName, projName },
  })
}

function validKeys(keys: readonly FurtherKey[], now: number): readonly FurtherKey[] | undefined {
  const valid = keys.filter(({ until = Infinity }) => until > now)
  return valid.length > 0 ? valid : undefined
}
