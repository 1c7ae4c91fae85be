import { Backoff } from '../async/backoff.ts'
import type { Plan } from '../datasystem/plan.ts'
import type { Endpoint } from '../exchange/endpoint.ts'
import { fdv2Poll, type Poll } from '../exchange/poll.ts'
import { fdv2Stream } from '../exchange/stream.ts'
import type { Initializer } from '../initializers/initializer.ts'
import { pollingInitializer } from '../initializers/polling.ts'
import { PATHS } from '../protocol/events.ts'
import { pollingSynchronizer } from '../synchronizers/polling.ts'
import { streamingSynchronizer } from '../synchronizers/streaming.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { Transport } from '../transport/transport.ts'
import type { InitializerConfig, PollingConfig, StreamingConfig, SynchronizerConfig } from './config.ts'
import type { Settings } from './normalise.ts'
import { VERSION } from './version.ts'

/** Makes sources of their descriptions. */
export function buildPlan(settings: Settings, transport: Transport): Plan {
  const build = { settings, transport }
  return {
    initializers: settings.dataSystem.initializers.map((config) => buildInitializer(build, config)),
    synchronizers: settings.dataSystem.synchronizers.map((config) => buildSynchronizer(build, config)),
    fdv1: [],
  }
}

interface Build {
  readonly settings: Settings
  readonly transport: Transport
}

function buildInitializer(build: Build, config: InitializerConfig): Initializer {
  if ('fetch' in config) return config
  return pollingInitializer({
    name: 'polling initializer',
    poll: buildPoll(build, config),
    ...scopeOf(config),
  })
}

function buildSynchronizer(build: Build, config: SynchronizerConfig): Synchronizer {
  if ('sync' in config) return config
  switch (config.type) {
    case 'streaming':
      return buildStreaming(build, config)
    case 'polling':
      return buildPolling(build, config)
    default:
      return config satisfies never
  }
}

function buildStreaming(build: Build, config: StreamingConfig): Synchronizer {
  const { clock, random, timings, endpoints, limits } = build.settings
  const baseMs = Math.max(1, config.initialReconnectDelayMs ?? timings.initialReconnectDelayMs)
  const url = join(config.baseUri ?? endpoints.streaming, PATHS.stream)
  const connect = fdv2Stream(endpoint(build, url, timings.streamSilenceMs, limits.maxEventBytes))
  const backoff = new Backoff({ clock, random, baseMs })
  return streamingSynchronizer({ name: 'streaming', connect, backoff, clock, random, ...scopeOf(config) })
}

function buildPolling(build: Build, config: PollingConfig): Synchronizer {
  const { clock, random, timings, logger } = build.settings
  const minimum = timings.pollIntervalMs
  const wanted = config.intervalMs ?? minimum
  if (wanted < minimum) logger.warn(`intervalMs ${wanted} is below the minimum; ${minimum} is used`)
  const poll = buildPoll(build, config)
  const intervalMs = Math.max(minimum, wanted)
  return pollingSynchronizer({ name: 'polling', poll, intervalMs, clock, random, ...scopeOf(config) })
}

function buildPoll(build: Build, { baseUri }: { readonly baseUri?: string }): Poll {
  const { timings, endpoints, limits } = build.settings
  const url = join(baseUri ?? endpoints.polling, PATHS.poll)
  return fdv2Poll(endpoint(build, url, timings.pollSilenceMs, limits.maxBodyBytes))
}

function endpoint(
  { settings, transport }: Build,
  url: string,
  silenceMs: number,
  maxBytes: number,
): Endpoint {
  const headers = { authorization: settings.sdkKey, 'user-agent': `Halyard/${VERSION}` }
  return { transport, clock: settings.clock, url, headers, silenceMs, maxBytes }
}

function scopeOf({ selectorScope }: { readonly selectorScope?: string }): {
  readonly selectorScope?: string
} {
  return selectorScope === undefined ? {} : { selectorScope }
}

function join(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path
}
