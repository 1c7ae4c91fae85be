import type { RelayConfig } from './config/relay-config.ts'
import { startOffline } from './offline/start-offline.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from './relay.ts'

/** Starts a relay: from an archive if `offline` is configured, otherwise from the service. */
export function startConfiguredRelay(
  config: RelayConfig,
  options: RelayServerOptions = {},
): Promise<RelayServer> {
  return config.offline ? startOffline(config, config.offline, options) : startRelayServer(config, options)
}
