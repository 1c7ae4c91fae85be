import type { Change } from '../../../src/model/change-set.ts'
import type { EnvironmentConfig, RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer, RelayServerOptions } from '../../../src/relay/relay.ts'
import { type Served, serve } from '../../client/starting.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { change, constant } from '../../support/stored.ts'
import { at, start } from '../starting.ts'

export const MOBILE_KEY = 'mob-1c0ffee'
export const ENV_ID = '64ab0c0ffee'

export const ENVIRONMENT: EnvironmentConfig = {
  name: 'test',
  sdkKey: SDK_KEY,
  mobileKey: MOBILE_KEY,
  envId: ENV_ID,
}

export const FOR_BROWSERS = { clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: false } }
export const FOR_MOBILE = { clientSideAvailability: { usingEnvironmentId: false, usingMobileKey: true } }
export const HIDDEN = { clientSideAvailability: { usingEnvironmentId: false, usingMobileKey: false } }

/** The flag that each kind of client sees, and one that is hidden from both. */
const AVAILABILITY = { browser: FOR_BROWSERS, mobile: FOR_MOBILE, hidden: HIDDEN } as const

type FlagKey = keyof typeof AVAILABILITY

export interface Started {
  readonly relay: RelayServer
  readonly service: Served
  /** Changes the flag in the service. */
  readonly change: (key: FlagKey, version: number) => void
}

/** Starts a service with three flags, and a relay whose environment has all kinds of credential. */
export async function startClientSide(
  config: Partial<RelayConfig> = {},
  options: Partial<RelayServerOptions> = {},
): Promise<Started> {
  const keys = Object.keys(AVAILABILITY) as readonly FlagKey[]
  const flags = keys.map((key) => [key, constant(key, 1, key, AVAILABILITY[key])] as const)
  const service = await serve({ flags: Object.fromEntries(flags) })
  const relay = await start({ endpoints: at(service), environments: [ENVIRONMENT], ...config }, options)
  await relay.started
  return {
    relay,
    service,
    change: (key, version) => service.change(changeOf(key, version)),
  }
}

function changeOf(key: FlagKey, version: number): Change {
  return change(key, version, `${key} ${version}`, AVAILABILITY[key])
}

/** Returns the URL-safe Base64 of a context. */
export function base64(context: object): string {
  return Buffer.from(JSON.stringify(context)).toString('base64url')
}
