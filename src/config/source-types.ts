import type { Timings } from '../datasystem/parts.ts'
import type { FlagFiles } from '../flag-file/read.ts'
import type { Initializer } from '../initializers/initializer.ts'
import { aFunction, baseUrl, text } from '../options/schemas.ts'
import {
  filledList,
  filledText,
  type Members,
  number,
  oneOf,
  optional,
  ownObject,
  type Schema,
  variants,
} from '../options/value-schema.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import { initializerOnDemand, synchronizerOnDemand } from './on-demand.ts'
import {
  buildPolling,
  buildPollingInitializer,
  buildStreaming,
  type PollingConfig,
  type PollingInitializerConfig,
  type SourceParts,
  type StreamingConfig,
} from './service-sources.ts'

// A new type of source is an entry in InitializerConfigs or SynchronizerConfigs and in the table of that name below.

interface InitializerConfigs {
  readonly polling: PollingInitializerConfig
  readonly file: FileInitializerConfig
}

interface SynchronizerConfigs {
  readonly polling: PollingConfig
  readonly streaming: StreamingConfig
  readonly file: FileConfig
}

/** Flag files, read once. They have no selector, so the initializers after them run as well. */
export interface FileInitializerConfig extends FlagFiles {
  readonly type: 'file'
}

/** Flag files, read at the start and after each change. */
export interface FileConfig extends FlagFiles {
  readonly type: 'file'
  /** Time between checks for changes, in milliseconds. A change counts once two checks agree. Default 1,000, minimum 100. */
  readonly intervalMs?: number
}

/** An initializer of a plan: a configuration, or a source of your own. */
export type InitializerConfig = PollingInitializerConfig | FileInitializerConfig | Initializer
/** A synchronizer of a plan: a configuration, or a source of your own. */
export type SynchronizerConfig = PollingConfig | StreamingConfig | FileConfig | Synchronizer

/** One type of source: how its configuration is checked and how the source is built. */
interface SourceType<C, S> {
  readonly fields: Members
  /** `service`: the source uses the protocol of the data system. `none`: the data is the same in FDv1 and FDv2. */
  readonly protocol: 'service' | 'none'
  readonly minimums: readonly Minimum[]
  build(config: C, parts: SourceParts): S
}

export interface Minimum {
  readonly field: string
  readonly label: string
  readonly leastMs: (timings: Timings) => number
}

const SERVICE: Members = { baseUri: optional(baseUrl), selectorScope: optional(text) }
const PROTOCOL: Members = { protocol: optional(oneOf('fdv2', 'fdv1')) }
const INTERVAL: Members = { intervalMs: optional(number) }

export const FLAG_FILES: Members = {
  paths: filledList(filledText),
  duplicateKeys: optional(oneOf('lastWins', 'fail')),
  yamlParser: optional(aFunction),
}

export const POLL_INTERVAL: Minimum = {
  field: 'intervalMs',
  label: 'a poll interval',
  leastMs: ({ pollIntervalMs }) => pollIntervalMs,
}

const DEFAULT_FILE_INTERVAL_MS = 1_000
const MIN_FILE_INTERVAL_MS = 100
const MIN_RECONNECT_DELAY_MS = 1

type Table<Configs, S> = { readonly [T in keyof Configs]: SourceType<Configs[T], S> }

export const INITIALIZERS: Table<InitializerConfigs, Initializer> = {
  polling: { fields: SERVICE, protocol: 'service', minimums: [], build: buildPollingInitializer },
  file: {
    fields: FLAG_FILES,
    protocol: 'none',
    minimums: [],
    build: ({ type: _, ...files }, { warnOnce }) => {
      const name = 'file initializer'
      return initializerOnDemand(name, async () => {
        const { fileInitializer } = await import('../initializers/file.ts')
        return fileInitializer({ name, ...files, warn: warnOnce })
      })
    },
  },
}

export const SYNCHRONIZERS: Table<SynchronizerConfigs, Synchronizer> = {
  polling: {
    fields: { ...PROTOCOL, ...INTERVAL, ...SERVICE },
    protocol: 'service',
    minimums: [POLL_INTERVAL],
    build: buildPolling,
  },
  streaming: {
    fields: { ...PROTOCOL, initialReconnectDelayMs: optional(number), ...SERVICE },
    protocol: 'service',
    minimums: [
      {
        field: 'initialReconnectDelayMs',
        label: 'an initial reconnect delay',
        leastMs: () => MIN_RECONNECT_DELAY_MS,
      },
    ],
    build: buildStreaming,
  },
  file: {
    fields: { ...FLAG_FILES, ...INTERVAL },
    protocol: 'none',
    minimums: [{ field: 'intervalMs', label: 'a check interval', leastMs: () => MIN_FILE_INTERVAL_MS }],
    build: ({ type: _, intervalMs = DEFAULT_FILE_INTERVAL_MS, ...files }, { clock, random, warnOnce }) =>
      synchronizerOnDemand('file', async () => {
        const { fileSynchronizer } = await import('../synchronizers/file.ts')
        return fileSynchronizer({ name: 'file', ...files, intervalMs, clock, random, warn: warnOnce })
      }),
  },
}

export function configSchema<S>(table: Readonly<Record<string, SourceType<never, S>>>): Schema {
  const fields = Object.entries(table).map(([type, source]) => [type, source.fields])
  return variants('type', ownObject, Object.fromEntries(fields))
}

export function initializerType(
  config: InitializerConfigs[keyof InitializerConfigs],
): SourceType<typeof config, Initializer> {
  return INITIALIZERS[config.type]
}

export function synchronizerType(
  config: SynchronizerConfigs[keyof SynchronizerConfigs],
): SourceType<typeof config, Synchronizer> {
  return SYNCHRONIZERS[config.type]
}
