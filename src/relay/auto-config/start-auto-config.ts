import { systemClock } from '../../async/clock.ts'
import { Listeners } from '../../async/listeners.ts'
import { Wakeup } from '../../async/wakeup.ts'
import { systemRandom } from '../../config/injected.ts'
import { errorText, reasonOf } from '../../model/error-text.ts'
import { printable } from '../../model/text.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { type ConfigDiff, diff, refuseOtherOrigin } from '../config/diff.ts'
import type { AutoConfigOptions } from '../config/option-groups.ts'
import { type EnvironmentConfig, labelOf, type RelayConfig } from '../config/relay-config.ts'
import { logOf } from '../log.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from '../relay.ts'
import { environmentsOf } from './environments-of.ts'
import { openClient } from './open-client.ts'

/**
 * Starts a relay whose environments come from LaunchDarkly's automatic configuration, and applies each change. Until the first list
 * has arrived, SDKs are answered 503.
 */
export async function startAutoConfig(
  config: RelayConfig,
  autoConfig: AutoConfigOptions,
  options: RelayServerOptions,
): Promise<RelayServer> {
  const { clock = systemClock, common = {} } = options
  const { random = systemRandom } = common
  const { relay: logger } = logOf(config, options, clock)
  const stopped = new AbortController()
  const changes = new Listeners<void>((error) => logger.error(`auto-config: ${errorText(error)}`))
  const wakeup = new Wakeup()
  const { client, close } = openClient(config, autoConfig, {
    clock,
    random,
    logger,
    transport: common.transport,
    copy: 'read and write',
    onChange() {
      wakeup.notify()
      changes.emit()
    },
  })
  const applied = Promise.withResolvers<void>()
  const relay = await startRelayServer(config, {
    ...options,
    autoConfig: {
      view: () => client.view,
      subscribe: (call) => changes.add(call),
      configured: applied.promise,
    },
  }).catch(async (error: unknown) => {
    await close()
    throw error
  })

  let base = config
  let present = config
  const refusals = new WarnOnce()
  const apply = async (): Promise<void> => {
    const { environments, refused } = environmentsOf(client.environments, autoConfig, clock.now())
    for (const { id, reason } of refused)
      if (refusals.isFirst(`${id} ${reason}`))
        logger.warn(`auto-config: environment ${id} is not served: ${reason}`)
    const wanted = { ...base, environments }
    await relay.reload(wanted)
    for (const line of linesOf(diff(present, wanted))) logger.info(line)
    present = wanted
  }
  const follow = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        if (client.view.configuration !== 'none') await apply()
      } catch (error) {
        logger.error(
          `auto-config: a change was not applied: ${reasonOf(error)}; environments stay as they are`,
        )
      }
      if (client.view.configuration !== 'none') applied.resolve()
      await wakeup.wait(clock, Infinity, stopped.signal)
    }
  }
  client.configured.then(() => client.view.configuration === 'none' && applied.resolve(), applied.reject)
  const running = Promise.all([client.run(stopped.signal), follow()])

  return {
    url: relay.url,
    get view() {
      return relay.view
    },
    started: relay.started,
    async reload(next) {
      refuseOtherOrigin(config, next)
      base = next
      await apply()
    },
    async close(closeOptions) {
      await relay.close(closeOptions)
      stopped.abort()
      await running
      await close()
    },
  }
}

function linesOf({ added, changed, updated, removed }: ConfigDiff): string[] {
  return Object.entries({ added, changed, updated, removed }).flatMap(([change, list]) =>
    list.length > 0 ? [`auto-config: ${change} ${namesOf(list)}`] : [],
  )
}

const MAX_NAMES = 10

function namesOf(environments: readonly EnvironmentConfig[]): string {
  const names = environments.slice(0, MAX_NAMES).map((each) => `${printable(labelOf(each))} (${each.name})`)
  const more = environments.length - names.length
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
