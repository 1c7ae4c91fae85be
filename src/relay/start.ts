import type { RelayConfig } from './config/relay-config.ts'
import { startOffline } from './offline/start-offline.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from './relay.ts'

/** Starts a relay, of whichever kind the configuration says. Rejects with what keeps it from starting. */
export function startConfiguredRelay(
  config: RelayConfig,
  options: RelayServerOptions = {},
): Promise<RelayServer> {
  return config.offline ? startOffline(config, config.offline, options) : startRelayServer(config, options)
}
