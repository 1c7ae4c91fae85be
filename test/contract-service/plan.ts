import {
  type DataSystemConfig,
  type Fdv1FallbackConfig,
  type PollingConfig,
  presets,
  type StreamingConfig,
} from '../../src/index.ts'
import type { DataSystemParams, PollingParams } from './create-request.ts'
import { storeOf } from './data-store.ts'

type StreamingParams = NonNullable<DataSystemParams['synchronizers'][number]['streaming']>

/** The plan of sources the suite describes; the usual one where it describes none. */
export function planOf(params: DataSystemParams | undefined): DataSystemConfig {
  if (!params) return presets.default()
  const { initializers, synchronizers, fdv1Fallback, store, storeMode } = params
  return presets.custom({
    initializers: initializers.map(({ polling: { baseUri } }) => ({ type: 'polling', ...at(baseUri) })),
    synchronizers: synchronizers.flatMap(({ streaming, polling }) => [
      ...(streaming ? [streamingOf(streaming)] : []),
      ...(polling ? [pollingOf(polling)] : []),
    ]),
    // Not configured means that there is none, where the library would have one.
    fdv1Fallback: fdv1Fallback ? fallbackOf(fdv1Fallback) : null,
    ...(store?.persistentDataStore && {
      store: storeOf(store.persistentDataStore),
      storeMode: storeMode === 0 ? ('read' as const) : ('read-write' as const),
    }),
  })
}

function streamingOf({ baseUri, initialRetryDelayMs: delay }: StreamingParams): StreamingConfig {
  return {
    type: 'streaming',
    ...at(baseUri),
    ...(delay !== undefined && { initialReconnectDelayMs: delay }),
  }
}

function pollingOf(params: PollingParams): PollingConfig {
  return { type: 'polling', ...fallbackOf(params) }
}

function fallbackOf({ baseUri, pollIntervalMs: intervalMs }: PollingParams): Fdv1FallbackConfig {
  return { ...at(baseUri), ...(intervalMs !== undefined && { intervalMs }) }
}

function at(baseUri: string | undefined): { readonly baseUri?: string } {
  return baseUri === undefined ? {} : { baseUri }
}
