import type { ConnectionOptions, NormalConfig } from './config.ts'

/** The addresses of the hosted service. */
export const HOSTED = {
  polling: 'https://sdk.launchdarkly.com',
  streaming: 'https://stream.launchdarkly.com',
  events: 'https://events.launchdarkly.com',
} as const

type AddressOptions = Pick<
  ConnectionOptions,
  'endpoints' | 'baseUri' | 'streamUri' | 'eventsUri' | 'sendEvents'
> & {
  readonly events?: object
}

/** The address of events; `undefined` if none are sent. */
export interface EventsAddress {
  readonly url: string | undefined
  readonly warnings: readonly string[]
}

/**
 * Returns the address of events. The hosted service is used only if nothing points to another service: the SDK key of a
 * private relay must not be sent there (decision 30).
 */
export function eventsAddress(
  given: AddressOptions,
  { initializers, synchronizers, store }: NormalConfig,
): EventsAddress {
  const { endpoints = {}, eventsUri } = given
  if (endpoints.events !== undefined) {
    const isOverridden = eventsUri !== undefined && eventsUri !== endpoints.events
    return {
      url: endpoints.events,
      warnings: isOverridden ? ['options.eventsUri is overridden by options.endpoints.events'] : [],
    }
  }
  if (eventsUri !== undefined) return { url: eventsUri, warnings: [] }
  const services = [...initializers, ...synchronizers].filter(isServiceSource)
  const isWanted = given.sendEvents === true || given.events !== undefined
  const ownAddresses = [
    [endpoints.polling ?? given.baseUri, HOSTED.polling],
    [endpoints.streaming ?? given.streamUri, HOSTED.streaming],
    ...services.map(({ baseUri }) => [baseUri, undefined]),
  ].filter(([address, hosted]) => address !== undefined && address.replace(/\/+$/, '') !== hosted)
  if (services.length === 0 && store === undefined)
    return {
      url: undefined,
      warnings: isWanted ? [`${NO_EVENTS}, because no source of flags is a service; ${REMEDY}`] : [],
    }
  if (ownAddresses.length === 0) return { url: HOSTED.events, warnings: [] }
  return {
    url: undefined,
    warnings: [
      `${NO_EVENTS}, because flags do not come from the hosted service and no address for events is given; ${REMEDY}`,
    ],
  }
}

const NO_EVENTS = 'events: the client sends no analytics events'
const REMEDY = 'set options.endpoints.events, or options.sendEvents to false'

interface ServiceSource {
  readonly type: 'polling' | 'streaming'
  readonly baseUri?: string
}

function isServiceSource(source: object): source is ServiceSource {
  const { type } = source as { readonly type?: unknown }
  return type === 'polling' || type === 'streaming'
}
