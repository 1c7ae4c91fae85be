import { readFileSync } from 'node:fs'
import type { ClientOptions, Logger } from '../../src/index.ts'
import { bigSegmentsOf } from './big-segments.ts'
import { callbackHook } from './callback-hook.ts'
import type { Configuration } from './create-request.ts'
import type { Outbox } from './outbox.ts'
import { planOf } from './plan.ts'
import { ServiceError } from './service-error.ts'

/** Returns the options of the library for a configuration of the suite. */
export function clientOptions(configuration: Configuration, outbox: Outbox, logger: Logger): ClientOptions {
  const { serviceEndpoints, hooks, proxy, bigSegments } = configuration
  return {
    dataSystem: planOf(configuration),
    endpoints: present({ polling: serviceEndpoints?.polling, streaming: serviceEndpoints?.streaming }),
    hooks: (hooks?.hooks ?? []).map((hook) => callbackHook(hook, outbox)),
    // A proxy of the environment must not be used between the suite and the service.
    proxy: proxy?.httpProxy ?? 'none',
    logger,
    ...(bigSegments && { bigSegments: bigSegmentsOf(bigSegments) }),
    ...identityOf(configuration),
    ...tlsOf(configuration),
    ...eventsOf(configuration),
  }
}

function identityOf({ tags, wrapper }: Configuration): Pick<ClientOptions, 'application' | 'wrapper'> {
  const { name, version } = wrapper ?? {}
  return {
    application: present({ id: tags?.applicationId, version: tags?.applicationVersion }),
    ...(name !== undefined && { wrapper: { name, ...present({ version }) } }),
  }
}

function tlsOf({ tls }: Configuration): Pick<ClientOptions, 'tls'> {
  if (!tls) return {}
  const { skipVerifyPeer, customCAFile } = tls
  return {
    tls: {
      ...(skipVerifyPeer && { verify: 'never' }),
      ...(customCAFile !== undefined && { ca: readFileSync(customCAFile, 'utf8') }),
    },
  }
}

/** @throws {ServiceError} with status 400 if events have no address: a client must not send them to the hosted service. */
function eventsOf({
  events,
  serviceEndpoints,
}: Configuration): Pick<ClientOptions, 'sendEvents' | 'eventsUri' | 'events'> {
  if (!events) return { sendEvents: false }
  const eventsUri = events.baseUri ?? serviceEndpoints?.events
  if (eventsUri === undefined)
    throw new ServiceError(
      400,
      'cannot be understood: events has no baseUri, and serviceEndpoints names none',
    )
  return {
    eventsUri,
    events: {
      ...present({ capacity: events.capacity, flushIntervalMs: events.flushIntervalMs }),
      privateAttributes: events.globalPrivateAttributes,
      allAttributesPrivate: events.allAttributesPrivate,
      omitAnonymousContexts: events.omitAnonymousContexts,
      compression: events.enableGzip ? 'gzip' : 'none',
      diagnosticOptOut: !events.enableDiagnostics,
    },
  }
}

/** Returns the members that are not `undefined`. */
function present<T extends object>(given: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> }
}
