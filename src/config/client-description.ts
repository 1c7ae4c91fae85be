import { arch, platform, release } from 'node:os'
import type { JsonObject } from '../model/json.ts'
import type { ProxyChoice } from '../transport/proxy.ts'
import { HOSTED } from './event-address.ts'
import type { Settings } from './normalise.ts'
import { VERSION } from './request-headers.ts'

/** Names of stores, as LaunchDarkly's SDKs report them. */
const STORES: Readonly<Record<string, string>> = {
  redis: 'Redis',
  dynamodb: 'DynamoDB',
  consul: 'Consul',
  file: 'file',
}

const SYSTEMS: Readonly<Record<string, string>> = { darwin: 'MacOS', win32: 'Windows', linux: 'Linux' }

/** Time-out of a connection, in milliseconds: that of undici. */
const CONNECT_MS = 10_000

/**
 * Returns the description of a client for its first diagnostic. Contains no address, path, key or attribute name. The members
 * are those of the official SDK, and three about FDv2: `dataSavingMode`, and the types of `initializers` and `synchronizers`.
 */
export function describeClient(settings: Settings): JsonObject {
  const wrapper = settings.headers['x-launchdarkly-wrapper']?.split('/')
  return {
    sdk: {
      name: 'halyard',
      version: VERSION,
      userAgentBase: 'Halyard',
      ...(wrapper && { wrapperName: wrapper[0] }),
      ...(wrapper?.[1] !== undefined && { wrapperVersion: wrapper[1] }),
    },
    configuration: { ...sourcesOf(settings), ...eventsOf(settings), ...networkOf(settings) },
    platform: {
      name: 'Node',
      osArch: arch(),
      osName: SYSTEMS[platform()] ?? platform(),
      osVersion: release(),
      nodeVersion: process.versions.node,
    },
  }
}

function sourcesOf({ dataSystem, endpoints, mode, timings }: Settings): JsonObject {
  const { initializers, synchronizers, store } = dataSystem
  const polling = synchronizers.find(isOfType('polling'))
  const streaming = synchronizers.find(isOfType('streaming'))
  const hasSources = initializers.length + synchronizers.length > 0
  return {
    customBaseURI: !isHosted(endpoints.polling, HOSTED.polling),
    customStreamURI: !isHosted(endpoints.streaming, HOSTED.streaming),
    usingRelayDaemon: !hasSources && store !== undefined,
    offline: false,
    streamingDisabled: streaming === undefined,
    ...(polling && {
      pollingIntervalMillis: Math.max(timings.pollIntervalMs, numberOf(polling, 'intervalMs')),
    }),
    ...(streaming && {
      reconnectTimeMillis: numberOf(streaming, 'initialReconnectDelayMs') || timings.initialReconnectDelayMs,
    }),
    dataStoreType: store === undefined ? 'memory' : (STORES[store.type] ?? 'custom'),
    dataSavingMode: mode.protocol === 'fdv2',
    initializers: initializers.map(typeOf),
    synchronizers: synchronizers.map(typeOf),
  }
}

function eventsOf({ events }: Settings): JsonObject {
  if (events === undefined) return {}
  return {
    customEventsURI: !isHosted(events.url, HOSTED.events),
    eventsCapacity: events.capacity,
    eventsFlushIntervalMillis: events.flushIntervalMs,
    contextKeysCapacity: events.contextKeysCapacity,
    contextKeysFlushIntervalMillis: events.contextKeysFlushIntervalMs,
    allAttributesPrivate: events.allAttributesPrivate,
    diagnosticRecordingIntervalMillis: events.diagnosticIntervalMs,
  }
}

function networkOf({ network, timings }: Settings): JsonObject {
  const proxy = proxyUrlOf(network.proxy)
  return {
    connectTimeoutMillis: CONNECT_MS,
    socketTimeoutMillis: timings.pollSilenceMs,
    usingProxy: proxy !== undefined,
    usingProxyAuthenticator: proxy !== undefined && proxy.username !== '',
  }
}

/** Returns the URL of a proxy that was set as an option. Variables of the environment are read later. */
function proxyUrlOf(choice: ProxyChoice | undefined): URL | undefined {
  return choice === undefined || choice === 'environment' || choice === 'none' ? undefined : new URL(choice)
}

function isHosted(address: string, hosted: string): boolean {
  return address.replace(/\/+$/, '') === hosted
}

function isOfType(type: string): (source: object) => boolean {
  return (source) => typeOf(source) === type
}

/** Returns the type of a source; `custom` for one of the application. */
function typeOf(source: object): string {
  return 'type' in source && typeof source.type === 'string' ? source.type : 'custom'
}

function numberOf(source: object, name: string): number {
  const value = (source as JsonObject)[name]
  return typeof value === 'number' ? value : 0
}
