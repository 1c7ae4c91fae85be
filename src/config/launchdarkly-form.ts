import { z } from 'zod'
import { parseOptions } from '../options/check.ts'
import { IssueCollector } from '../options/issues.ts'
import { type Members, sharedObject } from '../options/objects.ts'
import { baseUrl } from '../options/schemas.ts'
import type { NamePolicy } from '../options/unknown-names.ts'
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

/** Detects a data source whose type is under `type`, as in an example of the official documentation. */
function isMisnamedType(path: string, input: unknown): boolean {
  if (path !== `${ROOT}.dataSource.dataSourceOptionsType`) return false
  const { dataSource } = input as { readonly dataSource: object }
  return 'type' in dataSource && !('dataSourceOptionsType' in dataSource)
}

const BASE_URI: Members = { baseUri: baseUrl.optional() }
const DELAY: Members = { streamInitialReconnectDelay: z.number().optional() }
const INTERVAL: Members = { pollInterval: z.number().optional() }

const FILE = sharedObject({ type: z.literal('file'), ...FLAG_FILES })

const INITIALIZER = z.discriminatedUnion('type', [
  sharedObject({ type: z.literal('polling'), ...BASE_URI }),
  FILE,
])

const SYNCHRONIZER = z.discriminatedUnion('type', [
  sharedObject({ type: z.literal('streaming'), ...BASE_URI, ...DELAY }),
  sharedObject({ type: z.literal('polling'), ...BASE_URI, ...INTERVAL }),
  FILE,
])

const SCHEMA: z.ZodType = sharedObject({
  dataSource: z
    .discriminatedUnion('dataSourceOptionsType', [
      sharedObject({ dataSourceOptionsType: z.literal('standard'), ...DELAY, ...INTERVAL }),
      sharedObject({ dataSourceOptionsType: z.literal('streamingOnly'), ...DELAY }),
      sharedObject({ dataSourceOptionsType: z.literal('pollingOnly'), ...INTERVAL }),
      sharedObject({
        dataSourceOptionsType: z.literal('custom'),
        initializers: z.array(INITIALIZER),
        synchronizers: z.array(SYNCHRONIZER),
      }),
    ])
    .optional(),
  fdv1Fallback: sharedObject({ ...BASE_URI, ...INTERVAL }).nullish(),
  ...STORE_NAMES,
})
