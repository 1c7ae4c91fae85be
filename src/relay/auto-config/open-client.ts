import type { Clock } from '../../async/clock.ts'
import { HOSTED } from '../../config/event-address.ts'
import { requestHeaders } from '../../config/request-headers.ts'
import type { Logger } from '../../model/logger.ts'
import type { Transport } from '../../transport/transport.ts'
import { undiciTransport } from '../../transport/undici-transport.ts'
import type { AutoConfigOptions } from '../config/option-groups.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import { networkOf } from '../environment-plan.ts'
import { AutoConfigClient } from './auto-config-client.ts'
import { type ConfigCache, openConfigCache } from './config-cache.ts'
import { environmentsOf } from './environments-of.ts'

export interface ClientParts {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** Default: one with the network options of the configuration. */
  readonly transport?: Transport | undefined
}

/** A client that has not begun, and what it needs. */
export interface OpenedClient {
  readonly client: AutoConfigClient
  /** Closes the copy and the connections. The client must have ended. */
  readonly close: () => Promise<void>
}

const PATH = '/relay_auto_config?rpacProtocolVersion=2'

interface OpenOptions extends ClientParts {
  readonly onChange: () => void
  /** `read`: the copy is used, but not written. */
  readonly copy: 'read' | 'read and write'
}

/** Opens a client for the automatic configuration of a relay. */
export function openClient(
  config: RelayConfig,
  autoConfig: AutoConfigOptions,
  { clock, random, logger, transport: given, onChange, copy }: OpenOptions,
): OpenedClient {
  const { proxy, tls } = networkOf(config)
  const transport = given ?? undiciTransport({ ...(proxy && { proxy }), ...(tls && { tls }) })
  const cache = openConfigCache(config, autoConfig, { clock, random, logger })
  const client = new AutoConfigClient({
    transport,
    clock,
    random,
    logger,
    cache: copy === 'read' ? withoutWrites(cache) : cache,
    url: (config.endpoints.streaming ?? HOSTED.streaming) + PATH,
    headers: requestHeaders({ sdkKey: autoConfig.key, instanceId: crypto.randomUUID() }),
    initTimeoutMs: config.initTimeoutMs,
    onChange,
  })
  return {
    client,
    close: async () => {
      await cache.close()
      if (!given) await transport.close()
    },
  }
}

function withoutWrites(cache: ConfigCache): ConfigCache {
  return { read: (signal) => cache.read(signal), write() {}, close: () => cache.close() }
}

/**
 * Returns the configuration with the environments of automatic configuration, or of its copy if the service does not send them
 * within `initTimeoutMs`. Rejects if there is neither.
 */
export async function withAutoConfig(
  config: RelayConfig,
  autoConfig: AutoConfigOptions,
  parts: ClientParts,
): Promise<RelayConfig> {
  const { clock, logger } = parts
  const { client, close } = openClient(config, autoConfig, { ...parts, onChange: () => {}, copy: 'read' })
  // Its connections do not keep the process alive.
  const release = clock.hold()
  const life = new AbortController()
  const running = client.run(life.signal)
  try {
    await client.configured
    const { configuration, lastError } = client.view
    if (configuration === 'none')
      throw new Error(`automatic configuration: ${lastError?.message ?? 'no response from LaunchDarkly'}`)
    const { environments, refused } = environmentsOf(client.environments, autoConfig, clock.now())
    for (const { id, reason } of refused) logger.warn(`environment ${id} is left out: ${reason}`)
    return { ...config, environments }
  } finally {
    life.abort()
    await running
    await close()
    release()
  }
}
