import { Queue } from '../../../src/async/queue.ts'
import { AutoConfigClient } from '../../../src/relay/auto-config/auto-config-client.ts'
import type { ConfigCache } from '../../../src/relay/auto-config/config-cache.ts'
import type { SavedConfig } from '../../../src/relay/auto-config/sealed.ts'
import { environmentRep } from '../../../src/testing/auto-config-rep.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { Transport } from '../../../src/transport/transport.ts'

/** A stream of the service, as the client sees it. */
export interface TestStream {
  /** Time of the request, in milliseconds of virtual time. */
  readonly at: number
  send(event: string, data: unknown): void
  heartbeat(): void
  end(): void
  /** True if the client has closed the connection. */
  readonly isClosed: boolean
}

/** A client in virtual time, and the streams that it has opened. */
export interface TestClient {
  readonly client: AutoConfigClient
  readonly clock: VirtualClock
  readonly streams: readonly TestStream[]
  /** Times of all requests, refused ones included. */
  readonly requestedAt: readonly number[]
  readonly log: readonly string[]
  /** The lists that were written to the cache. */
  readonly written: readonly object[]
  /** Answers further requests with this status; `hang` leaves them without an answer. */
  answer(status: number | 'hang'): void
  ids(): readonly string[]
  /** Stops the client, and resolves when it has ended. */
  stop(): Promise<void>
}

interface TestClientOptions {
  readonly saved?: SavedConfig
  readonly random?: () => number
  /** The status of the answers, from the first one on. Default 200. */
  readonly status?: number | 'hang'
}

export function startClient({
  saved,
  random = () => 0,
  status: first = 200,
}: TestClientOptions = {}): TestClient {
  const clock = new VirtualClock(1_000_000)
  const streams: TestStream[] = []
  const requestedAt: number[] = []
  const log: string[] = []
  const written: object[] = []
  let status = first
  const transport: Transport = {
    request({ signal }) {
      requestedAt.push(clock.monotonic())
      if (status === 'hang')
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        )
      const { stream, body } = openStream(clock.monotonic(), signal)
      if (status === 200) streams.push(stream)
      else stream.end()
      return Promise.resolve({ status, headers: {}, body })
    },
    close: () => Promise.resolve(),
  }
  const note = (level: string) => (text: string) => void log.push(`${level}: ${text}`)
  const cache: ConfigCache = {
    read: () => Promise.resolve(saved),
    write: (environments) => void written.push(environments),
    close: () => Promise.resolve(),
  }
  const client = new AutoConfigClient({
    transport,
    clock,
    random,
    logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    cache,
    url: 'http://service.test/relay_auto_config',
    headers: {},
    initTimeoutMs: 10_000,
    onChange: () => {},
  })
  const life = new AbortController()
  const running = client.run(life.signal)
  return {
    client,
    clock,
    streams,
    requestedAt,
    log,
    written,
    answer: (next) => {
      status = next
    },
    ids: () => client.environments.map(({ id }) => id),
    stop() {
      life.abort()
      return running
    },
  }
}

function openStream(
  at: number,
  signal: AbortSignal,
): { readonly stream: TestStream; readonly body: AsyncIterable<Uint8Array> } {
  const queue = new Queue<Uint8Array>()
  const write = (text: string): void => queue.push(Buffer.from(text))
  signal.addEventListener('abort', () => queue.close())
  return {
    body: queue,
    stream: {
      at,
      send: (event, data) =>
        write(`event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`),
      heartbeat: () => write(':\n'),
      end: () => queue.close(),
      get isClosed() {
        return signal.aborted
      },
    },
  }
}

/** Returns the data of a `put` with environments of these ids and version 1. */
export function listOf(...ids: readonly string[]): object {
  const reps = ids.map((id) => [id, environmentRep({ id, sdkKey: `sdk-${id}` }, 1)])
  return { path: '/', data: { environments: Object.fromEntries(reps) } }
}
