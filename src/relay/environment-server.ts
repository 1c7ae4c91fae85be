import type { Clock } from '../async/clock.ts'
import type { Applied, Sink, Snapshot } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import { counted } from '../model/text.ts'
import type { Selector } from '../selector/selector.ts'
import type { Admission } from '../server/admission.ts'
import { Fdv1Server } from '../server/fdv1-server.ts'
import { createFlagServer, type FlagServer } from '../server/flag-server.ts'
import type { PeerHistory } from '../server/shared-history.ts'
import { TrafficCounter } from '../server/traffic.ts'
import type { Audience } from './addresses.ts'
import { AvailabilityHint } from './client-side/availability-hint.ts'
import type { ClientSide } from './client-side/client-side.ts'
import type { Memberships } from './client-side/evaluated-flags.ts'
import { EvaluationService } from './client-side/evaluation-service.ts'
import { Evaluations } from './client-side/evaluations.ts'
import { Goals, type GoalsOptions } from './client-side/goals.ts'
import { PingServer } from './client-side/pings.ts'
import { VisibleChanges } from './client-side/visible-changes.ts'
import { type EnvironmentConfig, isFromFiles, type RelayConfig } from './config/relay-config.ts'
import { describeChanges } from './describe-changes.ts'
import type { EventService } from './events/event-service.ts'
import type { EvaluationCount } from './events/flag-usage.ts'
import { ChangeMemory } from './flags/change-memory.ts'
import type { FlagsReader } from './flags/flags-reader.ts'
import { ItemIndex } from './flags/item-index.ts'
import { ChangeStreams } from './ofrep/change-streams.ts'
import { OfrepService } from './ofrep/ofrep-service.ts'
import { PollerCounter } from './pollers.ts'
import { revisionOf } from './revision.ts'
import type { SdkRequest } from './sdk-request.ts'
import { type EnvironmentView, RecentChanges } from './view.ts'

export interface EnvironmentServerOptions {
  /** The present configuration. A reload may change members that apply at once. */
  readonly config: () => EnvironmentConfig
  readonly relay: RelayConfig
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly admission: Admission
  readonly clientSide: ClientSide
  readonly peerHistory: PeerHistory | undefined
  readonly snapshot: () => Snapshot | undefined
  readonly goals: Pick<GoalsOptions, 'url' | 'transport'>
  readonly events: EventService
  readonly memberships: () => Memberships | undefined
}

/** Serves one environment over FDv1 and FDv2, and counts its traffic. */
export class EnvironmentServer implements Sink {
  readonly #fdv2: FlagServer
  readonly #fdv1: Fdv1Server
  readonly #visible = new VisibleChanges()
  readonly #pings: PingServer
  readonly #changeStreams: ChangeStreams
  readonly #goals: Goals
  readonly #evaluations: EvaluationService
  readonly #ofrep: OfrepService
  readonly #events: EventService
  readonly #recent: RecentChanges
  readonly #pollers: PollerCounter
  readonly #traffic = new TrafficCounter()
  readonly #changes: ChangeMemory
  /** Access to the flags for the page. */
  readonly flags: Omit<FlagsReader, 'isOverridden'>
  readonly #closing = new AbortController()
  /** Only for flags of files, which people write. */
  readonly #availabilityHint: AvailabilityHint | undefined

  constructor({
    config,
    relay,
    clock,
    random,
    logger,
    admission,
    clientSide,
    peerHistory,
    snapshot,
    goals,
    events,
    memberships,
  }: EnvironmentServerOptions) {
    const { heartbeatMs, stallMs, history, maxClientConnectionMs } = relay
    const traffic = this.#traffic
    this.#events = events
    const settings = {
      clock,
      heartbeatMs,
      stallMs,
      lifetimeMs: () => lifetimeOf(maxClientConnectionMs, random()),
      closing: this.#closing.signal,
      onStall: () => traffic.add({ stalledStreams: 1 }),
    }
    const onError = (error: unknown): void => logger.error(`a request failed: ${String(error)}`)
    this.#recent = new RecentChanges(clock)
    this.#changes = new ChangeMemory(clock)
    this.flags = {
      snapshot,
      changes: this.#changes,
      index: new ItemIndex(clock),
      memberships,
      usage: () => events.view.usage,
    }
    const hasFiles = isFromFiles(config())
    this.#availabilityHint = hasFiles ? new AvailabilityHint(snapshot, logger) : undefined
    this.#pollers = new PollerCounter(clock)
    this.#fdv1 = new Fdv1Server({
      ttlMs: () => config().ttlMs,
      snapshot,
      traffic,
      onError,
      settings,
      admission,
    })
    this.#goals = new Goals({ ...goals, clock, logger, settings })
    const streams = { clock, random, jitterMs: relay.pingJitterMs, settings, onError }
    this.#pings = new PingServer({ ...streams, bodyLimit: clientSide.bodyLimit })
    this.#changeStreams = new ChangeStreams(streams)
    const shared = clientSide
    const { signal: closing } = this.#closing
    const evaluations = new Evaluations({ config, clock, logger, closing, snapshot, shared, memberships })
    this.#evaluations = new EvaluationService({ evaluations, traffic, settings, shared })
    const contextHeader = relay.ofrepContextHeader
    const onEvaluation = (evaluation: EvaluationCount): void => events.evaluated(evaluation)
    this.#ofrep = new OfrepService({
      changes: this.#changeStreams,
      evaluations,
      traffic,
      settings,
      shared,
      contextHeader,
      onEvaluation,
    })
    this.#fdv2 = createFlagServer({
      ...settings,
      // No sdkKey: the relay has checked the key already, and an environment may have several.
      history,
      admission,
      ...(peerHistory && { peerHistory }),
      traffic,
      onDifference: (changeSet) => {
        this.#recent.add(changeSet)
        this.#fdv1.publish(changeSet)
        evaluations.forget()
        this.#announce(this.#visible.apply(changeSet))
        if (hasFiles && changeSet.type === 'partial')
          logger.info(`${describeChanges(changeSet.changes)}; sent to ${counted(this.#clients, 'client')}`)
      },
      onError,
    })
  }

  accept(applied: Applied): void {
    this.#changes.accept(applied)
    this.#fdv2.accept(applied)
  }

  get view(): Pick<EnvironmentView, 'clients' | 'traffic' | 'revision' | 'recent' | 'events'> {
    const { selector } = this.#fdv2
    return {
      ...(selector && { revision: revisionOf(selector) }),
      clients: {
        fdv2: this.#fdv2.clients,
        fdv1: this.#fdv1.clients,
        pings: this.#pings.clients + this.#changeStreams.clients,
        pollers: this.#pollers.count,
      },
      traffic: this.#traffic.current,
      recent: this.#recent.latest,
      events: this.#events.view,
    }
  }

  /** The number of open streams. */
  get #clients(): number {
    return this.#fdv2.clients + this.#fdv1.clients + this.#pings.clients + this.#changeStreams.clients
  }

  async answer(request: SdkRequest): Promise<void> {
    const { service } = request.address
    this.#availabilityHint?.check(request.audience)
    this.#pollers.add(request)
    switch (service) {
      case 'data':
        return this.#fdv1.handles(request.target.path)
          ? this.#fdv1.answer(request)
          : this.#fdv2.answer(request)
      case 'goals':
        return this.#goals.answer(request)
      case 'pings':
        return this.#pings.answer(request)
      case 'evaluation':
      case 'evaluation poll':
        return this.#evaluations.answer(request)
      case 'ofrep':
        return this.#ofrep.answer(request)
      case 'ofrep events':
        return this.#changeStreams.answer(request)
      case 'events':
      case 'diagnostic':
      case 'event image':
        return this.#events.answer(request)
      default:
        service satisfies never
    }
  }

  /** Notifies clients that the members of big segments, given by their keys, have changed. */
  bigSegmentsChanged(segments: ReadonlySet<string>): void {
    this.#changeStreams.changeMembers()
    this.#announce(this.#visible.dependingOn({ flags: new Set(), segments }))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#pings.close()
    this.#changeStreams.close()
    await this.#fdv2.close()
  }

  #announce(audiences: ReadonlySet<Audience>): void {
    const { selector } = this.#fdv2
    this.#pings.announce(audiences)
    this.#changeStreams.announce({ audiences, state: () => stateNameOf(selector) })
  }
}

function stateNameOf(selector: Selector | undefined): string {
  const { version, fingerprint } = selector ? revisionOf(selector) : { version: 0, fingerprint: 0 }
  return `${version}-${fingerprint.toString(36)}`
}

/** Number of different lifetimes. Node keeps one timer list for each duration, so a limited number is cheap. */
const LIFETIMES = 256

/** Returns the lifetime of a stream in milliseconds: the limit minus a jitter of up to 20 %, to prevent a thundering herd. */
function lifetimeOf(limitMs: number, random: number): number {
  return (limitMs || Infinity) * (1 - Math.floor(random * LIFETIMES) / LIFETIMES / 5)
}
