import { z } from 'zod'
import type { ConfigIssue } from '../model/errors.ts'
import { LENIENT, type ObjectSchema, STRICT } from '../model/object-schemas.ts'
import { check, type Shape } from '../options/check.ts'
import type {
  Fdv1FallbackConfig,
  InitializerConfig,
  NormalConfig,
  Reading,
  ReadingLimits,
  SynchronizerConfig,
} from './config.ts'
import type {
  CustomInitializerOptions,
  CustomSynchronizerOptions,
  DataSourceOptions,
  DataSystemOptions,
  Fdv1FallbackOptions,
} from './data-system-options.ts'
import { MIN_RECONNECT_DELAY_MS, Minimums } from './plan-form.ts'
import { fdv1FallbackOf, pollingPlan, standardPlan, streamingPlan, withStore } from './plans.ts'
import { byName, fileFields, uri } from './schema.ts'
import { readStoreOptions } from './store-options.ts'

const ROOT = 'dataSystem'

/** Lists of a plan. An object with one of them misspelt is a plan, not the form of LaunchDarkly. */
const OF_PLANS = ['initializers', 'synchronizers']

/** Reads the plain object LaunchDarkly documents, in seconds, as a plan in milliseconds. */
export function readLaunchDarklyForm(input: unknown, { minPollMs, names }: ReadingLimits): Reading {
  const stores = readStoreOptions(ROOT, input)
  const refused = [...misplaced(input), ...('issues' in stores ? stores.issues : [])]
  const checked = check<DataSystemOptions>(input, {
    root: ROOT,
    names: { ...names, besides: OF_PLANS },
    ...seedsShape,
  })
  if ('issues' in checked) {
    return { issues: [...refused, ...checked.issues.map((issue) => explained(issue, input))] }
  }
  if ('issues' in stores || refused.length > 0) return { issues: refused }
  const minimums = new Minimums()
  const config = withStore(toPlan(checked.value, { minimums, minPollMs }), stores.choice)
  return { config, warnings: [...checked.warnings, ...minimums.warnings] }
}

interface Floor {
  readonly minimums: Minimums
  readonly minPollMs: number
}

function toPlan({ dataSource, fdv1Fallback }: DataSystemOptions, floor: Floor): NormalConfig {
  const plan = toSources(dataSource ?? { dataSourceOptionsType: 'standard' }, floor)
  const given = fdv1Fallback && toReserve(fdv1Fallback, floor)
  // Who lists the sources lists all of them.
  const isCustom = dataSource?.dataSourceOptionsType === 'custom'
  return { ...plan, fdv1Fallback: isCustom ? (given ?? null) : fdv1FallbackOf(given) }
}

function toSources(
  dataSource: DataSourceOptions,
  floor: Floor,
): Pick<NormalConfig, 'initializers' | 'synchronizers'> {
  const path = `${ROOT}.dataSource`
  switch (dataSource.dataSourceOptionsType) {
    case 'standard':
      return standardPlan({ ...delayOf(path, dataSource, floor), ...intervalOf(path, dataSource, floor) })
    case 'streamingOnly':
      return streamingPlan(delayOf(path, dataSource, floor))
    case 'pollingOnly':
      return pollingPlan(intervalOf(path, dataSource, floor))
    case 'custom':
      return {
        initializers: dataSource.initializers.map(toInitializer),
        synchronizers: dataSource.synchronizers.map((source, index) =>
          toSynchronizer(`${path}.synchronizers[${index}]`, source, floor),
        ),
      }
    default:
      return dataSource satisfies never
  }
}

function toInitializer(source: CustomInitializerOptions): InitializerConfig {
  return source.type === 'file' ? source : { type: 'polling', ...uriOf(source) }
}

function toSynchronizer(path: string, source: CustomSynchronizerOptions, floor: Floor): SynchronizerConfig {
  switch (source.type) {
    case 'streaming':
      return { type: 'streaming', ...uriOf(source), ...delayOf(path, source, floor) }
    case 'polling':
      return { type: 'polling', ...uriOf(source), ...intervalOf(path, source, floor) }
    case 'file':
      return source
    default:
      return source satisfies never
  }
}

function toReserve(source: Fdv1FallbackOptions, floor: Floor): Fdv1FallbackConfig {
  return { ...uriOf(source), ...intervalOf(`${ROOT}.fdv1Fallback`, source, floor) }
}

function uriOf({ baseUri }: { readonly baseUri?: string }): { readonly baseUri?: string } {
  return baseUri === undefined ? {} : { baseUri }
}

function delayOf(
  path: string,
  { streamInitialReconnectDelay: seconds }: { readonly streamInitialReconnectDelay?: number },
  { minimums }: Floor,
): { readonly initialReconnectDelayMs?: number } {
  const name = `${path}.streamInitialReconnectDelay`
  const ms = minimums.raiseSeconds(name, seconds, MIN_RECONNECT_DELAY_MS)
  return ms === undefined ? {} : { initialReconnectDelayMs: ms }
}

function intervalOf(
  path: string,
  { pollInterval: seconds }: { readonly pollInterval?: number },
  { minimums, minPollMs }: Floor,
): { readonly intervalMs?: number } {
  const ms = minimums.raiseSeconds(`${path}.pollInterval`, seconds, minPollMs)
  return ms === undefined ? {} : { intervalMs: ms }
}

/** `dataSource` left out around what belongs inside: as an unknown key it would quietly mean `standard`. */
function misplaced(input: unknown): ConfigIssue[] {
  if (typeof input !== 'object' || input === null || 'dataSource' in input) return []
  return ['dataSourceOptionsType', 'type']
    .filter((name) => name in input)
    .map((name) => ({
      path: `${ROOT}.${name}`,
      expected: 'dataSource: { dataSourceOptionsType: ... }',
      received: `${name} outside dataSource`,
    }))
}

/** `type` is what it is called in an example of the official documentation. */
function explained(issue: ConfigIssue, input: unknown): ConfigIssue {
  if (issue.path !== `${ROOT}.dataSource.dataSourceOptionsType`) return issue
  const { dataSource } = input as { readonly dataSource: object }
  const isMisnamed = 'type' in dataSource && !('dataSourceOptionsType' in dataSource)
  return isMisnamed ? { ...issue, received: 'type, which is not its name' } : issue
}

function schema(object: ObjectSchema): z.ZodType {
  const baseUri = { baseUri: uri.optional() }
  const delay = { streamInitialReconnectDelay: z.number().optional() }
  const interval = { pollInterval: z.number().optional() }
  const file = object(fileFields)
  const initializer = z.discriminatedUnion('type', [object({ type: z.literal('polling'), ...baseUri }), file])
  const synchronizer = z.discriminatedUnion('type', [
    object({ type: z.literal('streaming'), ...baseUri, ...delay }),
    object({ type: z.literal('polling'), ...baseUri, ...interval }),
    file,
  ])
  return object({
    dataSource: z
      .discriminatedUnion('dataSourceOptionsType', [
        object({ dataSourceOptionsType: z.literal('standard'), ...delay, ...interval }),
        object({ dataSourceOptionsType: z.literal('streamingOnly'), ...delay }),
        object({ dataSourceOptionsType: z.literal('pollingOnly'), ...interval }),
        object({
          dataSourceOptionsType: z.literal('custom'),
          initializers: z.array(initializer),
          synchronizers: z.array(synchronizer),
        }),
      ])
      .optional(),
    fdv1Fallback: object({ ...baseUri, ...interval }).nullish(),
    ...byName,
  })
}

/** The plain object of `DataSystemOptions`. */
const seedsShape: Shape = {
  strict: schema(STRICT.shared),
  lenient: schema(LENIENT.shared),
}
