import { parseOptions } from '../options/check.ts'
import { IssueCollector } from '../options/issues.ts'
import { baseUrl } from '../options/schemas.ts'
import type { NamePolicy } from '../options/unknown-names.ts'
import {
  listThat,
  type Members,
  nullish,
  number,
  optional,
  type Schema,
  sharedObject,
  variants,
} from '../options/value-schema.ts'
import type { Fdv1FallbackConfig, NormalConfig } from './config.ts'
import type {
  CustomInitializerOptions,
  CustomSynchronizerOptions,
  DataSourceOptions,
  DataSystemOptions,
  Fdv1FallbackOptions,
} from './data-system-options.ts'
import { fdv1FallbackOf, milliseconds, pollingPlan, standardPlan, streamingPlan, withStore } from './plans.ts'
import { STORE_NAMES } from './schema.ts'
import { FLAG_FILES, type InitializerConfig, type SynchronizerConfig } from './source-types.ts'
import { readStoreOptions } from './store-options.ts'

const ROOT = 'dataSystem'

/** The lists of a plan. An object with one of them misspelled is a plan, not this form. */
const PLAN_LISTS = ['initializers', 'synchronizers']

/** Reads the plain object that LaunchDarkly documents, in seconds, as a plan in milliseconds. Returns `undefined` if something is wrong. */
export function readLaunchDarklyForm(
  input: unknown,
  names: NamePolicy,
  collector: IssueCollector,
): NormalConfig | undefined {
  refuseMisplaced(input, collector)
  refuseSource(input, collector)
  const stores = readStoreOptions(ROOT, input, collector)
  const found = new IssueCollector()
  const rules = { root: ROOT, schema: SCHEMA, names: { ...names, besides: PLAN_LISTS } }
  const options = parseOptions<DataSystemOptions>(input, rules, found)
  collector.warnings.push(...found.warnings)
  for (const { path, expected, received } of found.issues) {
    collector.refuse(path, expected, isMisnamedType(path, input) ? 'type, which is not its name' : received)
  }
  return options && stores && withStore(toPlan(options), stores)
}

function toPlan({ dataSource, fdv1Fallback }: DataSystemOptions): NormalConfig {
  const plan = toSources(dataSource ?? { dataSourceOptionsType: 'standard' })
  const given = fdv1Fallback && toFdv1Fallback(fdv1Fallback)
  // A custom data source lists all of its sources, so there is no fallback by default.
  const isCustom = dataSource?.dataSourceOptionsType === 'custom'
  return { ...plan, fdv1Fallback: isCustom ? (given ?? null) : fdv1FallbackOf(given) }
}

function toSources(dataSource: DataSourceOptions): Pick<NormalConfig, 'initializers' | 'synchronizers'> {
  switch (dataSource.dataSourceOptionsType) {
    case 'standard':
      return standardPlan({ ...delayOf(dataSource), ...intervalOf(dataSource) })
    case 'streamingOnly':
      return streamingPlan(delayOf(dataSource))
    case 'pollingOnly':
      return pollingPlan(intervalOf(dataSource))
    case 'custom':
      return {
        initializers: dataSource.initializers.map(toInitializer),
        synchronizers: dataSource.synchronizers.map(toSynchronizer),
      }
    default:
      return dataSource satisfies never
  }
}

function toInitializer(source: CustomInitializerOptions): InitializerConfig {
  return source.type === 'file' ? source : { type: 'polling', ...uriOf(source) }
}

function toSynchronizer(source: CustomSynchronizerOptions): SynchronizerConfig {
  switch (source.type) {
    case 'streaming':
      return { type: 'streaming', ...uriOf(source), ...delayOf(source) }
    case 'polling':
      return { type: 'polling', ...uriOf(source), ...intervalOf(source) }
    case 'file':
      return source
    default:
      return source satisfies never
  }
}

function toFdv1Fallback(source: Fdv1FallbackOptions): Fdv1FallbackConfig {
  return { ...uriOf(source), ...intervalOf(source) }
}

function uriOf({ baseUri }: { readonly baseUri?: string }): { readonly baseUri?: string } {
  return baseUri === undefined ? {} : { baseUri }
}

function delayOf({
  streamInitialReconnectDelay: seconds,
}: {
  readonly streamInitialReconnectDelay?: number
}): {
  readonly initialReconnectDelayMs?: number
} {
  const initialReconnectDelayMs = milliseconds(seconds)
  return initialReconnectDelayMs === undefined ? {} : { initialReconnectDelayMs }
}

function intervalOf({ pollInterval: seconds }: { readonly pollInterval?: number }): {
  readonly intervalMs?: number
} {
  const intervalMs = milliseconds(seconds)
  return intervalMs === undefined ? {} : { intervalMs }
}

/** Refuses members of a data source beside `dataSource`: as unknown names they would mean `standard` without a warning. */
function refuseMisplaced(input: unknown, collector: IssueCollector): void {
  if (typeof input !== 'object' || input === null || 'dataSource' in input) return
  for (const name of ['dataSourceOptionsType', 'type'].filter((each) => each in input)) {
    collector.refuse(
      `${ROOT}.${name}`,
      'dataSource: { dataSourceOptionsType: ... }',
      `${name} outside dataSource`,
    )
  }
}

/** The methods of sources and of test data, also inherited ones. */
const SOURCE_METHODS = ['fetch', 'sync', 'initializer', 'synchronizer']

/** Refuses a source or test data in the place of a plan: without it the client would connect to the hosted service. */
function refuseSource(input: unknown, collector: IssueCollector): void {
  const members = Object(input) as Readonly<Record<string, unknown>>
  if (!SOURCE_METHODS.some((name) => typeof members[name] === 'function')) return
  collector.refuse(
    ROOT,
    'a plan that lists sources, such as presets.custom({ initializers: [], synchronizers: [source] })',
    'a source, or test data',
  )
}

/** Detects a data source whose type is under `type`, as in an example of the official documentation. */
function isMisnamedType(path: string, input: unknown): boolean {
  if (path !== `${ROOT}.dataSource.dataSourceOptionsType`) return false
  const { dataSource } = input as { readonly dataSource: object }
  return 'type' in dataSource && !('dataSourceOptionsType' in dataSource)
}

const BASE_URI: Members = { baseUri: optional(baseUrl) }
const DELAY: Members = { streamInitialReconnectDelay: optional(number) }
const INTERVAL: Members = { pollInterval: optional(number) }

const INITIALIZER = variants('type', sharedObject, { polling: BASE_URI, file: FLAG_FILES })

const SYNCHRONIZER = variants('type', sharedObject, {
  streaming: { ...BASE_URI, ...DELAY },
  polling: { ...BASE_URI, ...INTERVAL },
  file: FLAG_FILES,
})

const SCHEMA: Schema = sharedObject({
  dataSource: optional(
    variants('dataSourceOptionsType', sharedObject, {
      standard: { ...DELAY, ...INTERVAL },
      streamingOnly: DELAY,
      pollingOnly: INTERVAL,
      custom: { initializers: listThat(INITIALIZER), synchronizers: listThat(SYNCHRONIZER) },
    }),
  ),
  fdv1Fallback: nullish(sharedObject({ ...BASE_URI, ...INTERVAL })),
  ...STORE_NAMES,
})
