import type { RelayConfig } from './config/relay-config.ts'
import { startOffline } from './offline/start-offline.ts'
import { type Relay, type StartOptions, startRelay } from './relay.ts'

/** Starts a relay, of whichever kind the configuration says. Rejects with what keeps it from starting. */
export function start(config: RelayConfig, options: StartOptions = {}): Promise<Relay> {
  return config.offline ? startOffline(config, config.offline, options) : startRelay(config, options)
}
