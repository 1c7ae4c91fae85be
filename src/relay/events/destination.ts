import type { HttpHeaders } from '../../transport/transport.ts'
import type { Audience } from '../addresses.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'

/** The address of one kind of credential at the events service. */
export interface Destination {
  readonly path: string
  /** The credential, by which a change is noticed. */
  readonly credential: string
  readonly headers: HttpHeaders
}

/** The content of a post: a payload of events, or a diagnostic about an SDK. */
export type PostType = 'events' | 'diagnostic'

type Credentials = Pick<EnvironmentConfig, 'sdkKey' | 'mobileKey' | 'moreMobileKeys' | 'envId'>

/** Returns where to send events now; `undefined` if the environment has no such credential any more. */
export function destinationOf(
  audience: Audience,
  type: PostType,
  { sdkKey, mobileKey, moreMobileKeys = [], envId }: Credentials,
): Destination | undefined {
  switch (audience) {
    case 'server':
      return withKey(PATHS.server[type], sdkKey)
    case 'mobile':
      return withKey(PATHS.mobile[type], mobileKey ?? moreMobileKeys[0]?.value)
    case 'browser':
      if (envId === undefined) return undefined
      return { path: PATHS.browser[type] + encodeURIComponent(envId), credential: envId, headers: {} }
    default:
      return audience satisfies never
  }
}

/** The paths below the base URL. Those of browsers end with the client-side ID. */
const PATHS: Readonly<Record<Audience, Readonly<Record<PostType, string>>>> = {
  server: { events: '/bulk', diagnostic: '/diagnostic' },
  mobile: { events: '/mobile', diagnostic: '/mobile/events/diagnostic' },
  browser: { events: '/events/bulk/', diagnostic: '/events/diagnostic/' },
}

function withKey(path: string, key: string | undefined): Destination | undefined {
  return key === undefined ? undefined : { path, credential: key, headers: { authorization: key } }
}
