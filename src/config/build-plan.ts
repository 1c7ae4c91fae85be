import { Backoff } from '../async/backoff.ts'
import { identityOf } from '../datasystem/opening.ts'
import type { Plan } from '../datasystem/parts.ts'
import type { Endpoint, PollEndpoint, StreamEndpoint } from '../exchange/endpoint.ts'
import { fdv1Poll, fdv2Poll, type Poll } from '../exchange/poll.ts'
import { type Connect, fdv1Stream, fdv2Stream } from '../exchange/stream.ts'
import type { SilenceCheck } from '../exchange/stream-watch.ts'
import { fileInitializer } from '../initializers/file.ts'
import type { Initializer } from '../initializers/initializer.ts'
import { pollingInitializer } from '../initializers/polling.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { PATHS } from '../protocol/events.ts'
import { FDV1_PATHS } from '../protocol/fdv1.ts'
import { fileSynchronizer } from '../synchronizers/file.ts'
import { pollingSynchronizer } from '../synchronizers/polling.ts'
import { streamingSynchronizer } from '../synchronizers/streaming.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { Transport } from '../transport/transport.ts'
import type {
  FileConfig,
  InitializerConfig,
  PollingConfig,
  PollingInitializerConfig,
  SourceProtocol,
  StreamingConfig,
  SynchronizerConfig,
} from './config.ts'
import type { Settings } from './normalise.ts'

/** How each version of the protocol is spoken. */
const PROTOCOLS: Readonly<
  Record<
    SourceProtocol,
    {
      readonly paths: { readonly poll: string; readonly stream: string }
      readonly poll: (endpoint: PollEndpoint) => Poll
      readonly stream: (endpoint: StreamEndpoint) => Connect
      /** What a source of this protocol puts before its name. */
      readonly prefix: string
    }
  >
> = {
  fdv2: { paths: PATHS, poll: fdv2Poll, stream: fdv2Stream, prefix: '' },
  fdv1: { paths: FDV1_PATHS, poll: fdv1Poll, stream: fdv1Stream, prefix: 'fdv1 ' },
}

/** Makes sources of their descriptions. */
export function buildPlan(settings: Settings, transport: Transport): Plan {
  const warned = new WarnOnce()
  const warnOnce = (warning: string): void => {
    if (warned.isFirst(warning)) settings.logger.warn(warning)
  }
  const build = { settings, transport, warnOnce }
  const { initializers, synchronizers, fdv1Fallback } = settings.dataSystem
  return {
    initializers: initializers.map((config) => buildInitializer(build, config)),
    synchronizers: synchronizers.map((config) => buildSynchronizer(build, config)),
    fdv1: fdv1Fallback ? [buildPolling(build, { type: 'polling', protocol: 'fdv1', ...fdv1Fallback })] : [],
  }
}

interface Build {
  readonly settings: Settings
  readonly transport: Transport
  /** For sources that find the same thing doubtful again and again. */
  readonly warnOnce: (warning: string) => void
}

function buildInitializer(build: Build, config: InitializerConfig): Initializer {
  if ('fetch' in config)
    return { ...identityOf(config), fetch: (basis, signal) => config.fetch(basis, signal) }
  switch (config.type) {
    case 'polling':
      return buildPollingInitializer(build, config)
    case 'file': {
      const { type: _, ...files } = config
      return fileInitializer({ name: 'file initializer', ...files, warn: build.warnOnce })
    }
    default:
      return config satisfies never
  }
}

function buildPollingInitializer(build: Build, config: PollingInitializerConfig): Initializer {
  const poll = fdv2Poll(pollEndpoint(build, config, 'fdv2'))
  return pollingInitializer({ name: 'polling initializer', poll, ...scopeOf(config) })
}

function buildSynchronizer(build: Build, config: SynchronizerConfig): Synchronizer {
  if ('sync' in config)
    return { ...identityOf(config), sync: (basis, signal, held) => config.sync(basis, signal, held) }
  switch (config.type) {
    case 'streaming':
      return buildStreaming(build, config)
    case 'polling':
      return buildPolling(build, config)
    case 'file':
      return buildFile(build, config)
    default:
      return config satisfies never
  }
}

function buildStreaming(build: Build, config: StreamingConfig): Synchronizer {
  const { clock, random, timings, endpoints, limits } = build.settings
  const protocol = config.protocol ?? 'fdv2'
  const { paths, stream, prefix } = PROTOCOLS[protocol]
  const baseMs = Math.max(1, config.initialReconnectDelayMs ?? timings.initialReconnectDelayMs)
  const url = join(config.baseUri ?? endpoints.streaming, paths.stream)
  const silenceCheck = buildSilenceCheck(build, config)
  const connect = stream({
    ...endpoint(build, url, timings.streamSilenceMs, limits.maxEventBytes),
    random,
    headersMs: timings.streamHeadersMs,
    // All of FDv1's first payload is one event, which may take as long as a first payload may.
    eventMs: protocol === 'fdv1' ? Math.max(timings.eventMs, timings.firstDataMs) : timings.eventMs,
    ...(silenceCheck && { silenceCheck }),
  })
  const backoff = new Backoff({ clock, random, baseMs })
  return streamingSynchronizer({
    name: `${prefix}streaming`,
    connect,
    backoff,
    clock,
    random,
    ...scopeOf(config),
  })
}

/** A silent stream can be checked where some source of the plan polls in FDv2 under the same selector. */
function buildSilenceCheck(build: Build, stream: StreamingConfig): SilenceCheck | undefined {
  const { dataSystem, timings } = build.settings
  const polling = dataSystem.synchronizers
    .filter((config) => 'type' in config)
    .filter((config) => config.type === 'polling')
    .find(({ protocol, selectorScope }) => isFdv2(protocol) && selectorScope === stream.selectorScope)
  if (!isFdv2(stream.protocol) || !polling) return undefined
  const asked = pollEndpoint(build, polling, 'fdv2')
  return { quietMs: timings.streamQuietMs, newPoll: () => fdv2Poll(asked) }
}

function isFdv2(protocol: SourceProtocol = 'fdv2'): boolean {
  return protocol === 'fdv2'
}

function buildPolling(build: Build, config: PollingConfig): Synchronizer {
  const { clock, random, timings } = build.settings
  const protocol = config.protocol ?? 'fdv2'
  const { poll, prefix } = PROTOCOLS[protocol]
  const asked = pollEndpoint(build, config, protocol)
  const intervalMs = Math.max(timings.pollIntervalMs, config.intervalMs ?? 0)
  return pollingSynchronizer({
    name: `${prefix}polling`,
    newPoll: () => poll(asked),
    intervalMs,
    clock,
    random,
    ...scopeOf(config),
  })
}

/** How often flag files are looked at: a stat or two, which even a disk across the network bears. */
const FILE_INTERVAL_MS = 1_000

function buildFile({ settings, warnOnce }: Build, config: FileConfig): Synchronizer {
  const { type: _, intervalMs = FILE_INTERVAL_MS, ...files } = config
  const { clock, random } = settings
  return fileSynchronizer({ name: 'file', ...files, intervalMs, clock, random, warn: warnOnce })
}

function pollEndpoint(
  build: Build,
  config: { readonly baseUri?: string },
  protocol: SourceProtocol,
): PollEndpoint {
  const { timings, endpoints, limits } = build.settings
  const url = join(config.baseUri ?? endpoints.polling, PROTOCOLS[protocol].paths.poll)
  return {
    ...endpoint(build, url, timings.pollSilenceMs, limits.maxBodyBytes),
    answerMs: timings.firstDataMs,
  }
}

function endpoint(
  { settings, transport }: Build,
  url: string,
  silenceMs: number,
  maxBytes: number,
): Endpoint {
  return { transport, clock: settings.clock, url, headers: settings.headers, silenceMs, maxBytes }
}

function scopeOf({ selectorScope }: { readonly selectorScope?: string }): {
  readonly selectorScope?: string
} {
  return selectorScope === undefined ? {} : { selectorScope }
}

function join(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path
}
