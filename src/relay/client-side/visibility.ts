import type { Flag } from '../../model/flag.ts'
import type { Audience } from '../addresses.ts'

/**
 * Returns whether clients with this kind of credential may see a flag: servers see all, mobile SDKs and browsers those that
 * are available to them. A flag without `clientSideAvailability` is visible to mobile SDKs, and to browsers if the older
 * member `clientSide` is true.
 */
export function isVisible({ clientSide, clientSideAvailability: availability }: Flag, to: Audience): boolean {
  switch (to) {
    case 'server':
      return true
    case 'mobile':
      return availability ? availability.usingMobileKey === true : true
    case 'browser':
      return availability ? availability.usingEnvironmentId === true : clientSide === true
    default:
      return to satisfies never
  }
}
