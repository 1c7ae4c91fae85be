import type { Plan } from '../datasystem/parts.ts'
import { identityOf } from '../datasystem/source.ts'
import type { Initializer } from '../initializers/initializer.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { Transport } from '../transport/transport.ts'
import type { Settings } from './normalise.ts'
import type { PollingConfig, SourceParts } from './service-sources.ts'
import {
  type InitializerConfig,
  initializerType,
  SYNCHRONIZERS,
  type SynchronizerConfig,
  synchronizerType,
} from './source-types.ts'

export function buildPlan(settings: Settings, transport: Transport): Plan {
  const warned = new WarnOnce()
  const warnOnce = (warning: string): void => {
    if (warned.isFirst(warning)) settings.logger.warn(warning)
  }
  const { initializers, synchronizers, fdv1Fallback } = settings.dataSystem
  const parts = { ...settings, transport, warnOnce, polling: synchronizers.filter(isPolling) }
  return {
    initializers: initializers.map((config) => buildInitializer(config, parts)),
    synchronizers: synchronizers.map((config) => buildSynchronizer(config, parts)),
    fdv1: fdv1Fallback
      ? [SYNCHRONIZERS.polling.build({ type: 'polling', protocol: 'fdv1', ...fdv1Fallback }, parts)]
      : [],
  }
}

function isPolling(config: SynchronizerConfig): config is PollingConfig {
  return 'type' in config && config.type === 'polling'
}

function buildInitializer(config: InitializerConfig, parts: SourceParts): Initializer {
  if ('fetch' in config)
    return { ...identityOf(config), fetch: (basis, signal) => config.fetch(basis, signal) }
  return initializerType(config).build(config, parts)
}

function buildSynchronizer(config: SynchronizerConfig, parts: SourceParts): Synchronizer {
  if ('sync' in config)
    return { ...identityOf(config), sync: (basis, signal, held) => config.sync(basis, signal, held) }
  return synchronizerType(config).build(config, parts)
}
