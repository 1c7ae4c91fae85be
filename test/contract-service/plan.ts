import {
  type DataSystemConfig,
  type Fdv1FallbackConfig,
  type PollingConfig,
  presets,
  type StreamingConfig,
} from '../../src/index.ts'
import type {
  Configuration,
  DataSystemParams,
  PersistentStoreParams,
  PollingParams,
  StreamingParams,
} from './create-request.ts'
import { storeOf } from './data-store.ts'
import { ServiceError } from './service-error.ts'

type Endpoints = NonNullable<Configuration['serviceEndpoints']>

/**
 * Returns the plan of sources that a configuration describes: by `dataSystem` (FDv2, version 3 of the suite) or by the
 * members of version 2 (FDv1). A client of the service never connects to an address that the suite did not name.
 *
 * @throws {ServiceError} with status 400 if there is no description, or a source has no address.
 */
export function planOf(configuration: Configuration): DataSystemConfig {
  const { dataSystem, serviceEndpoints = { streaming: undefined, polling: undefined, events: undefined } } =
    configuration
  return dataSystem ? fdv2Plan(dataSystem, serviceEndpoints) : fdv1Plan(configuration, serviceEndpoints)
}

function fdv2Plan(params: DataSystemParams, endpoints: Endpoints): DataSystemConfig {
  const { initializers, synchronizers, fdv1Fallback, store, storeMode } = params
  return presets.custom({
    initializers: initializers.map(({ polling }) => ({
      type: 'polling',
      baseUri: addressOf('an initializer', polling.baseUri ?? endpoints.polling),
    })),
    synchronizers: synchronizers.flatMap((source) => sourcesOf(source, endpoints)),
    // If it is not configured there is none, although the library has a default.
    fdv1Fallback: fdv1Fallback ? fallbackOf(fdv1Fallback, endpoints) : null,
    ...storedIn(store?.persistentDataStore, storeMode === 0 ? 'read' : 'read-write'),
  })
}

/** Returns daemon mode for a store without a source, and a stream if only addresses are given. */
function fdv1Plan(configuration: Configuration, endpoints: Endpoints): DataSystemConfig {
  const { streaming, polling, persistentDataStore } = configuration
  const isSilent = !streaming && !polling && !persistentDataStore
  if (isSilent && endpoints.streaming === undefined)
    throw new ServiceError(
      400,
      'cannot be understood: expected dataSystem, streaming, polling, persistentDataStore or serviceEndpoints.streaming',
    )
  const given = isSilent
    ? { streaming: { baseUri: undefined, initialRetryDelayMs: undefined }, polling }
    : { streaming, polling }
  return presets.custom({
    initializers: [],
    synchronizers: sourcesOf(given, endpoints).map((source) => ({ ...source, protocol: 'fdv1' })),
    fdv1Fallback: null,
    ...storedIn(persistentDataStore, 'read-write'),
  })
}

function sourcesOf(
  {
    streaming,
    polling,
  }: { readonly streaming: StreamingParams | undefined; readonly polling: PollingParams | undefined },
  endpoints: Endpoints,
): readonly (StreamingConfig | PollingConfig)[] {
  return [
    ...(streaming ? [streamingOf(streaming, endpoints)] : []),
    ...(polling ? [{ type: 'polling' as const, ...fallbackOf(polling, endpoints) }] : []),
  ]
}

function streamingOf(
  { baseUri, initialRetryDelayMs: delay }: StreamingParams,
  endpoints: Endpoints,
): StreamingConfig {
  return {
    type: 'streaming',
    baseUri: addressOf('streaming', baseUri ?? endpoints.streaming),
    ...(delay !== undefined && { initialReconnectDelayMs: delay }),
  }
}

function fallbackOf(
  { baseUri, pollIntervalMs: intervalMs }: PollingParams,
  endpoints: Endpoints,
): Fdv1FallbackConfig {
  return {
    baseUri: addressOf('polling', baseUri ?? endpoints.polling),
    ...(intervalMs !== undefined && { intervalMs }),
  }
}

function storedIn(
  store: PersistentStoreParams | undefined,
  storeMode: 'read' | 'read-write',
): Pick<DataSystemConfig, 'store' | 'storeMode'> {
  return store ? { store: storeOf(store), storeMode } : {}
}

function addressOf(source: string, address: string | undefined): string {
  if (address !== undefined) return address
  throw new ServiceError(
    400,
    `cannot be understood: ${source} has no baseUri, and serviceEndpoints names none`,
  )
}
