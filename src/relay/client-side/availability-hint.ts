import type { Snapshot } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import { counted } from '../../model/text.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import type { Audience } from '../addresses.ts'
import { isVisible } from './visibility.ts'

const CLIENTS: Readonly<Record<Exclude<Audience, 'server'>, readonly [kind: string, member: string]>> = {
  browser: ['browsers', 'usingEnvironmentId'],
  mobile: ['mobile SDKs', 'usingMobileKey'],
}

/** Warns at the first request of a browser, and of a mobile SDK, if no flag is available to it: the usual mistake in a flag file. */
export class AvailabilityHint {
  readonly #snapshot: () => Snapshot | undefined
  readonly #logger: Pick<Logger, 'warn'>
  readonly #checked = new WarnOnce()

  constructor(snapshot: () => Snapshot | undefined, logger: Pick<Logger, 'warn'>) {
    this.#snapshot = snapshot
    this.#logger = logger
  }

  check(audience: Audience): void {
    if (audience === 'server') return
    const { flags } = this.#snapshot() ?? {}
    if (!flags || flags.size === 0 || !this.#checked.isFirst(audience)) return
    for (const { object } of flags.values()) if (object && isVisible(object, audience)) return
    const [kind, member] = CLIENTS[audience]
    this.#logger.warn(
      `${kind} receive none of the ${counted(flags.size, 'flag')}: a flag is available to them with "clientSideAvailability": {"${member}": true} (not logged again)`,
    )
  }
}
