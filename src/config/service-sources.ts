import { Backoff } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'
import type { Timings } from '../datasystem/parts.ts'
import type { Endpoint, PollEndpoint, StreamEndpoint } from '../exchange/endpoint.ts'
import { fdv1Poll, fdv2Poll, type Poll } from '../exchange/poll.ts'
import { type Connect, fdv1Stream, fdv2Stream } from '../exchange/stream.ts'
import { type StreamAttempt, withAttempts } from '../exchange/stream-attempts.ts'
import type { SilenceCheck } from '../exchange/stream-watch.ts'
import type { Initializer } from '../initializers/initializer.ts'
import { pollingInitializer } from '../initializers/polling.ts'
import { PATHS } from '../protocol/events.ts'
import { FDV1_PATHS } from '../protocol/fdv1.ts'
import { pollingSynchronizer } from '../synchronizers/polling.ts'
import { streamingSynchronizer } from '../synchronizers/streaming.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { HttpHeaders, Transport } from '../transport/transport.ts'

/** The protocol of a source. `fdv1`: whole objects without a selector, so there is nothing to resume from. */
export type SourceProtocol = 'fdv2' | 'fdv1'

/** The members of all sources that use the service. */
export interface ServiceSourceConfig {
  /** An absolute URL that replaces the endpoint for this source alone. */
  readonly baseUri?: string
  /** Sources share selectors within a scope. Set it for a server that would not know the selectors of the others. Default: one scope for all. */
  readonly selectorScope?: string
}

/** An initializer that polls once. */
export interface PollingInitializerConfig extends ServiceSourceConfig {
  readonly type: 'polling'
}

/** A synchronizer that polls. */
export interface PollingConfig extends ServiceSourceConfig {
  readonly type: 'polling'
  /** Default `fdv2`. */
  readonly protocol?: SourceProtocol
  /** Time from the start of one poll to the start of the next, in milliseconds. Default and minimum 30,000. */
  readonly intervalMs?: number
}

/** A synchronizer that follows a stream of server-sent events. */
export interface StreamingConfig extends ServiceSourceConfig {
  readonly type: 'streaming'
  /** Default `fdv2`. */
  readonly protocol?: SourceProtocol
  /** First delay before a reconnect, in milliseconds; it doubles up to 30,000. Default 1,000, minimum 1. */
  readonly initialReconnectDelayMs?: number
}

export interface SourceParts {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: () => number
  readonly timings: Timings
  readonly endpoints: { readonly polling: string; readonly streaming: string }
  readonly limits: { readonly maxBodyBytes: number; readonly maxEventBytes: number }
  readonly headers: HttpHeaders
  readonly warnOnce: (warning: string) => void
  /** The polling synchronizers of the plan, for checks of a silent stream. */
  readonly polling: readonly PollingConfig[]
  /** Called after each attempt to open a stream, for diagnostics. */
  readonly onStreamAttempt: ((attempt: StreamAttempt) => void) | undefined
}

const PROTOCOLS: Readonly<
  Record<
    SourceProtocol,
    {
      readonly paths: { readonly poll: string; readonly stream: string }
      readonly poll: (endpoint: PollEndpoint) => Poll
      readonly stream: (endpoint: StreamEndpoint) => Connect
      readonly prefix: string
    }
  >
> = {
  fdv2: { paths: PATHS, poll: fdv2Poll, stream: fdv2Stream, prefix: '' },
  fdv1: { paths: FDV1_PATHS, poll: fdv1Poll, stream: fdv1Stream, prefix: 'fdv1 ' },
}

export function buildPollingInitializer(config: PollingInitializerConfig, parts: SourceParts): Initializer {
  const poll = fdv2Poll(pollEndpoint(parts, config, 'fdv2'))
  return pollingInitializer({ name: 'polling initializer', poll, ...scopeOf(config) })
}

export function buildStreaming(config: StreamingConfig, parts: SourceParts): Synchronizer {
  const { clock, random, timings, endpoints, limits, onStreamAttempt } = parts
  const { protocol = 'fdv2' } = config
  const { paths, stream, prefix } = PROTOCOLS[protocol]
  const baseMs = Math.max(1, config.initialReconnectDelayMs ?? timings.initialReconnectDelayMs)
  const url = join(config.baseUri ?? endpoints.streaming, paths.stream)
  const silenceCheck = buildSilenceCheck(config, parts)
  const connect = stream({
    ...endpoint(parts, url, { silenceMs: timings.streamSilenceMs, maxBytes: limits.maxEventBytes }),
    random,
    headersMs: timings.streamHeadersMs,
    // The first payload of FDv1 is one event, so that event may take as long as a first payload.
    eventMs: protocol === 'fdv1' ? Math.max(timings.eventMs, timings.firstDataMs) : timings.eventMs,
    ...(silenceCheck && { silenceCheck }),
  })
  const backoff = new Backoff({ clock, random, baseMs })
  return streamingSynchronizer({
    name: `${prefix}streaming`,
    connect: onStreamAttempt ? withAttempts(connect, clock, onStreamAttempt) : connect,
    backoff,
    clock,
    random,
    ...identityOf(config, 0),
  })
}

/** Returns the poll that checks a silent stream, if a source of the plan polls in FDv2 with the same selectors. */
function buildSilenceCheck(stream: StreamingConfig, parts: SourceParts): SilenceCheck | undefined {
  const isFdv2 = ({ protocol = 'fdv2' }: StreamingConfig | PollingConfig): boolean => protocol === 'fdv2'
  const polling = parts.polling.find(
    (config) => isFdv2(config) && config.selectorScope === stream.selectorScope,
  )
  if (!isFdv2(stream) || !polling) return undefined
  const target = pollEndpoint(parts, polling, 'fdv2')
  return { quietMs: parts.timings.streamQuietMs, newPoll: () => fdv2Poll(target) }
}

export function buildPolling(config: PollingConfig, parts: SourceParts): Synchronizer {
  const { clock, random, timings } = parts
  const { protocol = 'fdv2' } = config
  const { poll, prefix } = PROTOCOLS[protocol]
  const target = pollEndpoint(parts, config, protocol)
  const intervalMs = Math.max(timings.pollIntervalMs, config.intervalMs ?? 0)
  return pollingSynchronizer({
    name: `${prefix}polling`,
    newPoll: () => poll(target),
    intervalMs,
    clock,
    random,
    ...identityOf(config, intervalMs),
  })
}

function pollEndpoint(
  parts: SourceParts,
  config: ServiceSourceConfig,
  protocol: SourceProtocol,
): PollEndpoint {
  const { timings, endpoints, limits } = parts
  const url = join(config.baseUri ?? endpoints.polling, PROTOCOLS[protocol].paths.poll)
  return {
    ...endpoint(parts, url, { silenceMs: timings.pollSilenceMs, maxBytes: limits.maxBodyBytes }),
    answerMs: timings.firstDataMs,
  }
}

function endpoint(
  { transport, clock, headers }: SourceParts,
  url: string,
  limits: Pick<Endpoint, 'silenceMs' | 'maxBytes'>,
): Endpoint {
  return { transport, clock, url, headers, ...limits }
}

/** Returns the scope of a source, and for FDv1 the shortest time after which it retries a permanent failure. */
function identityOf(
  config: PollingConfig | StreamingConfig,
  leastMs: number,
): Pick<Synchronizer, 'selectorScope' | 'fdv1Retry'> {
  return { ...scopeOf(config), ...(config.protocol === 'fdv1' && { fdv1Retry: { leastMs } }) }
}

function scopeOf({ selectorScope }: ServiceSourceConfig): { readonly selectorScope?: string } {
  return selectorScope === undefined ? {} : { selectorScope }
}

function join(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path
}
