import { Listeners } from '../../async/listeners.ts'
import { BigSegments } from '../../big-segments/big-segments.ts'
import type { Settings } from '../../config/normalise.ts'
import type { BigSegmentDatabase } from '../../model/big-segment-patch.ts'
import type { Applied, Change, Sink } from '../../model/change-set.ts'
import { errorText } from '../../model/error-text.ts'
import type { Segment } from '../../model/flag.ts'
import type { Transport } from '../../transport/transport.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import type { BigSegmentsView } from '../view.ts'
import type { ChangedMembers } from './changed-members.ts'
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
  /** Emits the contexts whose memberships have changed. */
  readonly changes: Listeners<ChangedMembers>
  readonly #options: EnvironmentBigSegmentsOptions
  #running: Running | undefined
  #closed = false

  constructor(options: EnvironmentBigSegmentsOptions) {
    const { logger } = options.settings
    this.#options = options
    this.changes = new Listeners((error) =>
      logger.error(`big segments: a listener of changes threw: ${errorText(error)}`),
    )
  }

  /** The memberships for evaluations; `undefined` before the first big segment. */
  get memberships(): BigSegments | undefined {
    return this.#running?.memberships
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
    if (this.#running || this.#closed || !changeSet.changes.some(isBigSegment)) return
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
    const { database, settings, transport, relay, sdkKey, onChange } = this.#options
    const { clock, random, logger, timings, endpoints, headers } = settings
    const memberships = new BigSegments({
      store: database.reader,
      settings: { ...CACHE, pollIntervalMs: STATUS_POLL_MS, staleAfterMs: relay.bigSegmentsStaleMs },
      clock,
      logger,
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
      onChange: (changed) => {
        memberships.forget(changed)
        this.changes.emit(changed)
        onChange()
      },
      onState: onChange,
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
