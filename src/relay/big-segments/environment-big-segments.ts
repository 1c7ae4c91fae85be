import { BigSegments } from '../../big-segments/big-segments.ts'
import { PinnedMemberships } from '../../big-segments/memberships.ts'
import type { Settings } from '../../config/normalise.ts'
import type { BigSegmentDatabase } from '../../model/big-segment-patch.ts'
import type { Applied, Change, Sink } from '../../model/change-set.ts'
import type { Segment } from '../../model/flag.ts'
import type { Transport } from '../../transport/transport.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import type { BigSegmentsView } from '../view.ts'
import { bigSegmentService } from './service-client.ts'
import { BigSegmentSynchronizer } from './synchronizer.ts'

export interface EnvironmentBigSegmentsOptions {
  readonly database: BigSegmentDatabase
  /** The settings of the data system, whose service, network options and credential are used. */
  readonly settings: Settings
  readonly transport: Transport
  readonly relay: Pick<RelayConfig, 'bigSegmentsStaleMs' | 'bigSegmentsStaleAsDegraded'>
  /** Returns the present SDK key. */
  readonly sdkKey: () => string
  /** Called when the {@link EnvironmentBigSegments.view} has changed. */
  readonly onChange: () => void
  /** Called with the keys of big segments whose members have changed. */
  readonly onMembers: (segments: ReadonlySet<string>) => void
}

/** Contexts whose memberships are cached, and the time for which they are, in milliseconds. */
const CACHE = { maxEntries: 10_000, maxAgeMs: 5_000 }
const STATUS_POLL_MS = 5_000

interface Running {
  readonly memberships: BigSegments
  readonly synchronizer: BigSegmentSynchronizer
  readonly close: () => Promise<void>
}

/**
 * The members of the big segments of one environment: keeps them current in the database, and reads them for the evaluations of
 * the relay. Starts with the first big segment in the data.
 */
export class EnvironmentBigSegments implements Sink {
  readonly #options: EnvironmentBigSegmentsOptions
  /** The keys of all big segments since the start. */
  readonly #keys = new Set<string>()
  #running: Running | undefined
  #closed = false

  constructor(options: EnvironmentBigSegmentsOptions) {
    this.#options = options
  }

  /** Returns the memberships for the evaluations of one request; `undefined` before the first big segment. */
  pinned(): PinnedMemberships | undefined {
    return this.#running && new PinnedMemberships(this.#running.memberships)
  }

  get view(): BigSegmentsView | undefined {
    if (!this.#running) return undefined
    const { memberships, synchronizer } = this.#running
    const { current, synchronizedOn } = memberships.poll
    return {
      state: synchronizer.state,
      available: current?.available ?? false,
      stale: current?.stale ?? false,
      staleIsDegraded: this.#options.relay.bigSegmentsStaleAsDegraded,
      ...(synchronizedOn !== undefined && { synchronizedOn }),
      patches: synchronizer.patches,
    }
  }

  accept({ changeSet }: Applied): void {
    for (const change of changeSet.changes) if (isBigSegment(change)) this.#keys.add(change.key)
    if (this.#running || this.#closed || this.#keys.size === 0) return
    this.#running = this.#start()
    this.#options.onChange()
  }

  /** Sends a request at once that was to be repeated later, because there is another SDK key. */
  retryNow(): void {
    this.#running?.synchronizer.retryNow()
  }

  async close(): Promise<void> {
    this.#closed = true
    const { reader, writer } = this.#options.database
    await (this.#running ? this.#running.close() : Promise.all([reader.close(), writer.close()]))
  }

  #start(): Running {
    const { database, settings, transport, relay, sdkKey, onChange, onMembers } = this.#options
    const { clock, random, logger, timings, endpoints, headers } = settings
    const memberships = new BigSegments({
      store: database.reader,
      settings: { ...CACHE, pollIntervalMs: STATUS_POLL_MS, staleAfterMs: relay.bigSegmentsStaleMs },
      clock,
      // The relay logs failures of the synchronization and of the database itself.
      logger: { ...logger, info: (line) => logger.debug(line), warn: (line) => logger.debug(line) },
    })
    memberships.poll.listeners.add(onChange)
    const service = bigSegmentService({
      transport,
      clock,
      timings,
      endpoints,
      headers: () => ({ ...headers, authorization: sdkKey() }),
    })
    const synchronizer = new BigSegmentSynchronizer({
      service,
      writer: database.writer,
      clock,
      random,
      logger,
      onChange: ({ contexts, segments }) => {
        memberships.forget(contexts)
        onMembers(segments === 'all' ? this.#keys : segments)
        onChange()
      },
      onState: () => {
        if (synchronizer.state === 'synchronized') memberships.poll.refresh().catch(() => undefined)
        onChange()
      },
    })
    synchronizer.start()
    return {
      memberships,
      synchronizer,
      close: async () => {
        await Promise.all([synchronizer.close(), memberships.close()])
      },
    }
  }
}

function isBigSegment(change: Change): boolean {
  return change.op === 'put' && change.kind === 'segment' && (change.object as Segment).unbounded === true
}
