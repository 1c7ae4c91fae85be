import { isDeepStrictEqual } from 'node:util'
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
import { relayUrls } from '../listeners.ts'
import { logOf } from '../log.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from '../relay.ts'
import type { AutoConfigClient } from './auto-config-client.ts'
import type { AutoConfigView } from './auto-config-status.ts'
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
  const list = new ListInEffect(client)
  const relay = await startRelayServer(config, {
    ...options,
    autoConfig: {
      view: () => list.view,
      subscribe: (call) => changes.add(call),
      configured: list.settled,
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
  /** Resolves with the time after which a failed change is applied again, in milliseconds. */
  const applyChange = async (): Promise<number> => {
    const { configuration } = client.view
    if (configuration === 'none') return Infinity
    try {
      await apply()
      list.applied(configuration)
      changes.emit()
      return Infinity
    } catch (error) {
      const reason = reasonOf(error)
      logger.error(`auto-config: a change was not applied: ${reason}; next attempt in ${RETRY_MS / 1_000} s`)
      list.failed(reason, clock.now())
      return RETRY_MS
    }
  }
  const follow = async (): Promise<void> => {
    while (!stopped.signal.aborted) await wakeup.wait(clock, await applyChange(), stopped.signal)
  }
  const running = Promise.all([client.run(stopped.signal), follow()])

  return {
    ...relayUrls(relay),
    get view() {
      return relay.view
    },
    started: relay.started,
    async reload(next) {
      refuseOtherOrigin(config, next)
      const late = AT_START.filter((name) => !isDeepStrictEqual(base[name], next[name]))
      if (late.length > 0)
        logger.warn(`auto-config: its stream and its copy use changes of ${late.join(', ')} after a restart`)
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

/** The members of a configuration that the stream and the copy take from the start. */
const AT_START = ['endpoints', 'proxy', 'caFiles', 'store', 'snapshotDirectory'] as const

/** Time after which a change that could not be applied is applied again, for example when a file can be read. */
const RETRY_MS = 10_000

/** The list in effect: it has arrived, and its environments have been opened. Their keys would be unknown before. */
class ListInEffect {
  readonly #client: AutoConfigClient
  readonly #settled = Promise.withResolvers<void>()
  #configuration: AutoConfigView['configuration'] = 'none'
  #failure: AutoConfigView['lastError']

  constructor(client: AutoConfigClient) {
    this.#client = client
    const settle = (): void => {
      if (client.view.configuration === 'none') this.#settled.resolve()
    }
    client.configured.then(settle, this.#settled.reject)
  }

  /** Resolves when there is a list in effect, or when the start must go on without one. */
  get settled(): Promise<void> {
    return this.#settled.promise
  }

  /** The view of the client with the list in effect, and with the reason if the first one could not be applied. */
  get view(): AutoConfigView {
    const failure = this.#configuration === 'none' ? this.#failure : undefined
    return {
      ...this.#client.view,
      configuration: this.#configuration,
      ...(failure && { lastError: failure }),
    }
  }

  applied(configuration: AutoConfigView['configuration']): void {
    this.#configuration = configuration
    this.#settled.resolve()
  }

  failed(message: string, at: number): void {
    this.#failure = { kind: 'unknown', message, at }
    this.#settled.resolve()
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
