import { readRelayConfig } from '../../src/relay/config/read-relay-config.ts'
import type { RelayConfig, RelayOptions } from '../../src/relay/config/relay-config.ts'

/** Starts a relay on a free port of the loopback interface that ignores connection errors, with defaults otherwise. */
export function relayConfig(options: RelayOptions): RelayConfig {
  const { config } = readRelayConfig({
    options: { host: '127.0.0.1', ignoreConnectionErrors: true, ...options },
  })
  return { ...config, port: options.port ?? 0 }
}
