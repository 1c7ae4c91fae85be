import { onTestFinished } from 'vitest'
import { startAutoConfig } from '../../../src/relay/auto-config/start-auto-config.ts'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer, RelayServerOptions } from '../../../src/relay/relay.ts'
import type { AutoConfigEnvironment } from '../../../src/testing/auto-config-rep.ts'
import { type AutoConfigService, startAutoConfigService } from '../../../src/testing/auto-config-service.ts'
import { hosted } from '../../support/service.ts'
import { constant } from '../../support/stored.ts'
import { DEFAULTS, silent } from '../starting.ts'

export const PRODUCTION: AutoConfigEnvironment = {
  id: 'env-production',
  sdkKey: 'sdk-production-7c21',
  mobileKey: 'mob-production-91aa',
  key: 'production',
  name: 'Production',
  projectKey: 'shop',
  projectName: 'Shop',
}

export const STAGING: AutoConfigEnvironment = {
  id: 'env-staging',
  sdkKey: 'sdk-staging-55d0',
  mobileKey: 'mob-staging-02fe',
  key: 'staging',
  name: 'Staging',
  projectKey: 'shop',
  projectName: 'Shop',
}

/** Starts a service for automatic configuration that also serves one flag, `a`, for every SDK key. It ends with the test. */
export function startService(...environments: readonly AutoConfigEnvironment[]): Promise<AutoConfigService> {
  return startServiceAt(0, ...environments)
}

/** Starts such a service at this port. */
export async function startServiceAt(
  port: number,
  ...environments: readonly AutoConfigEnvironment[]
): Promise<AutoConfigService> {
  const { handler } = hosted({ flags: { a: constant('a', 1, 'one') } })
  const service = await startAutoConfigService({ environments, otherwise: handler, port })
  onTestFinished(() => service.close())
  return service
}

/** Returns the configuration of a relay that uses the service. */
export function configOf(service: AutoConfigService, rest: Partial<RelayConfig> = {}): RelayConfig {
  return {
    ...DEFAULTS,
    endpoints: { polling: service.url, streaming: service.url },
    autoConfig: { key: service.key },
    environments: [],
    ...rest,
  }
}

/** Starts a relay that uses the service. It ends with the test. */
export async function startRelay(
  config: RelayConfig,
  options: Partial<RelayServerOptions> = {},
): Promise<RelayServer> {
  const { autoConfig } = config
  if (!autoConfig) throw new Error('the configuration lacks autoConfig')
  const relay = await startAutoConfig(config, autoConfig, { logger: silent, ...options })
  onTestFinished(() => relay.close())
  return relay
}
