import { HOSTED } from '../../config/event-address.ts'
import type { OptionSection } from '../../options/option-table.ts'
import { positiveCount, size } from '../../options/sizes.ts'
import * as forms from '../../options/value-forms.ts'

const RELOAD = { reload: 'environments start again' } as const

export const EVENTS: OptionSection = {
  title: 'Events',
  options: [
    {
      name: 'sendEvents',
      variable: 'USE_EVENTS',
      path: 'events.send',
      form: forms.boolean,
      default: false,
      ...RELOAD,
      description:
        'If true, the relay forwards the analytics events of SDKs. Otherwise it answers them 503. Environments whose flags come from files or an archive count them in any case.',
    },
    {
      name: 'eventsUri',
      variable: 'EVENTS_HOST',
      path: 'events.url',
      form: forms.httpUrl,
      default: HOSTED.events,
      ...RELOAD,
      description: 'Base URL of the service that receives events.',
    },
    {
      name: 'flushInterval',
      variable: 'EVENTS_FLUSH_INTERVAL',
      path: 'events.flushIntervalMs',
      form: forms.positiveDuration,
      default: 5_000,
      ...RELOAD,
      description:
        'Time for which events of former schemas are summarized before they are sent. Other payloads are sent at once.',
    },
    {
      name: 'capacity',
      variable: 'EVENTS_CAPACITY',
      path: 'events.capacity',
      form: positiveCount,
      default: 10_000,
      ...RELOAD,
      description:
        'Number of events that may wait, for each kind of credential of an environment. Payloads that exceed it are dropped. A quarter is reserved for servers.',
    },
    {
      name: 'maxInboundPayloadSize',
      variable: 'EVENTS_MAX_INBOUND_PAYLOAD_SIZE',
      path: 'events.maxPayloadBytes',
      form: size,
      default: 16 * 2 ** 20,
      ...RELOAD,
      description: 'Size of the largest accepted payload, as received and after decompression.',
    },
    {
      name: 'maxQueuedBytes',
      variable: 'HALYARD_EVENTS_MAX_QUEUED_BYTES',
      path: 'events.maxQueuedBytes',
      form: size,
      default: 64 * 2 ** 20,
      ...RELOAD,
      description:
        'Memory for the payloads of an environment that are received, wait or are being sent. Payloads that exceed it are dropped.',
    },
  ],
  ignored: [
    {
      name: 'inlineUsers',
      variable: 'EVENTS_INLINE_USERS',
      reason: "SDKs decide about the content of events; it has none in LaunchDarkly's Relay Proxy 8 either",
    },
    {
      name: 'metricsCapacity',
      variable: 'EVENTS_METRICS_CAPACITY',
      isNotNeeded: true,
      reason: 'no usage metrics are sent to LaunchDarkly',
    },
  ],
}
