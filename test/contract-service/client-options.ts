import { readFileSync } from 'node:fs'
import type { ClientOptions, Logger } from '../../src/index.ts'
import { bigSegmentsOf } from './big-segments.ts'
import { callbackHook } from './callback-hook.ts'
import type { Configuration } from './create-request.ts'
import type { Outbox } from './outbox.ts'
import { planOf } from './plan.ts'

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

/** Returns the members that are not `undefined`. */
function present<T extends object>(given: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> }
}
