/** An environment that a service for automatic configuration sends to relays. */
export interface AutoConfigEnvironment {
  /** The client-side ID, which identifies the environment. */
  readonly id: string
  /** The current SDK key. */
  readonly sdkKey: string
  /** A former SDK key, which stays valid until `expiresAt`. Default: none. */
  readonly expiring?: { readonly value: string; readonly expiresAt: number }
  /** All valid SDK keys, in the format of newer services. Must contain `sdkKey`. Default: the list is not sent. */
  readonly sdkKeys?: readonly ListedKey[]
  /** The mobile key. Default `mob-` and the ID. */
  readonly mobileKey?: string
  /** All valid mobile keys, in the format of newer services. Must contain `mobileKey`. Default: the list is not sent. */
  readonly mobileKeys?: readonly ListedKey[]
  /** The key of the environment. Default: its ID. */
  readonly key?: string
  /** The name of the environment. Default: its ID. */
  readonly name?: string
  /** The key of the project. Default `project`. */
  readonly projectKey?: string
  /** The name of the project. Default `Project`. */
  readonly projectName?: string
  /** Time for which HTTP caches may keep answers, in minutes. Default 0. */
  readonly ttlMinutes?: number
  /** True if browsers must send the hash of their context. Default `false`. */
  readonly secureMode?: boolean
}

/** A valid key in the format of newer services. */
export interface ListedKey {
  /** The name of the key. */
  readonly key: string
  /** The key. */
  readonly value: string
  /** Time at which the key expires, in milliseconds since the Unix epoch. Default: never. */
  readonly expiresAt?: number
  /** True if the key receives only the flags of some views. Default `false`. */
  readonly hasViews?: boolean
}

/** Returns an environment in the format of LaunchDarkly's stream. */
export function environmentRep(environment: AutoConfigEnvironment, version: number): object {
  const {
    id,
    sdkKey,
    expiring,
    sdkKeys,
    mobileKey = `mob-${id}`,
    mobileKeys,
    key = id,
    name = id,
  } = environment
  const { projectKey = 'project', projectName = 'Project', ttlMinutes = 0, secureMode = false } = environment
  return {
    envID: id,
    envKey: key,
    envName: name,
    projKey: projectKey,
    projName: projectName,
    mobKey: mobileKey,
    sdkKey: {
      value: sdkKey,
      ...(expiring && { expiring: { value: expiring.value, timestamp: expiring.expiresAt } }),
    },
    ...(sdkKeys && { sdkKeys: sdkKeys.map(listed) }),
    ...(mobileKeys && { mobileKeys: mobileKeys.map(listed) }),
    defaultTtl: ttlMinutes,
    secureMode,
    version,
  }
}

function listed({ key, value, expiresAt, hasViews = false }: ListedKey): object {
  return { key, value, ...(expiresAt !== undefined && { expiry: expiresAt }), hasViews }
}
