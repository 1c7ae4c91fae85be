import { z } from 'zod'
import { DEFAULT_TIMINGS } from '../datasystem/parts.ts'
import { LENIENT, type ObjectSchemas, STRICT } from '../model/object-schemas.ts'
import { ONCE } from '../options/check.ts'
import { baseUrlFault } from '../transport/base-url.ts'
import type { InitializerConfig, SynchronizerConfig } from './config.ts'
import { networkFields } from './network-options.ts'
import { identityFields } from './request-headers.ts'

interface Schemas {
  readonly dataSystem: z.ZodType
  readonly options: z.ZodType
}

/** The base URL of an HTTP service. */
export const uri: z.ZodType<string> = z.string().refine((text) => baseUrlFault(text) === undefined, {
  error: ({ input }) => baseUrlFault(input) ?? '',
})
const protocol = z.literal(['fdv2', 'fdv1']).optional()
const scope = z.string().min(1)
const TIMINGS: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.keys(DEFAULT_TIMINGS).map((name) => [name, z.number().nonnegative().optional()]),
)
const bytes = z.number().int().positive()
const injectedFunction = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', {
  error: 'a function',
})

/** Flag files, in either form. */
export const fileFields: Readonly<Record<'type' | 'paths' | 'duplicateKeys' | 'yamlParser', z.ZodType>> = {
  type: z.literal('file'),
  paths: z.array(z.string().min(1)).min(1),
  duplicateKeys: z.literal(['lastWins', 'fail']).optional(),
  yamlParser: injectedFunction.optional(),
}

/** Options that `readStoreOptions` checks; here they are only known by name. */
export const byName: Readonly<Record<string, z.ZodType>> = {
  persistentStore: z.unknown().optional(),
  featureStore: z.unknown().optional(),
  useLdd: z.unknown().optional(),
  useLDD: z.unknown().optional(),
}

const legacy = {
  baseUri: uri.optional(),
  streamUri: uri.optional(),
  stream: z.boolean().optional(),
  streamInitialReconnectDelay: z.number().optional(),
  pollInterval: z.number().optional(),
  ...byName,
  updateProcessor: z.unknown().optional(),
}

function injected(...methods: readonly string[]): z.ZodType {
  const fits = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && methods.every((name) => hasMethod(value, name))
  return z.custom(fits, { error: `an object with the methods ${methods.join(', ')}` })
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function hasMethod(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === 'function'
  )
}

/** A list whose entries are ready made, known by their method, or descriptions that fit the schema. */
function sources<T>(method: string, description: z.ZodType): z.ZodType<readonly T[]> {
  const entry = z.unknown().transform((value, context) => {
    if (hasMethod(value, method)) {
      if (isText((value as { readonly name?: unknown }).name)) return value as T
      context.issues.push({ code: 'custom', path: ['name'], message: 'a name', input: value })
      return z.NEVER
    }
    const parsed = description.safeParse(value, ONCE)
    if (parsed.success) return parsed.data as T
    context.issues.push(
      ...parsed.error.issues.map((issue) => ({ ...issue, input: value }) as z.core.$ZodRawIssue),
    )
    return z.NEVER
  })
  return z.array(entry)
}

function schemas(objects: ObjectSchemas): Schemas {
  const { own: object, shared } = objects
  const source = { baseUri: uri.optional(), selectorScope: scope.optional() }
  const interval = { intervalMs: z.number().optional() }
  const polling = object({ type: z.literal('polling'), protocol, ...interval, ...source })
  const streaming = object({
    type: z.literal('streaming'),
    protocol,
    initialReconnectDelayMs: z.number().optional(),
    ...source,
  })
  const file = object({ ...fileFields, ...interval })
  const initializer = z.discriminatedUnion('type', [
    object({ type: z.literal('polling'), ...source }),
    object(fileFields),
  ])
  const synchronizer = z.discriminatedUnion('type', [polling, streaming, file])
  return {
    dataSystem: object({
      initializers: sources<InitializerConfig>('fetch', initializer),
      synchronizers: sources<SynchronizerConfig>('sync', synchronizer),
      failover: object({
        noProgressMs: z.number().optional(),
        firstDataMs: z.number().optional(),
        interruptedMs: z.number().optional(),
        recoveryMs: z.number().optional(),
      }).optional(),
      fdv1Fallback: object({ baseUri: uri.optional(), ...interval }).nullish(),
      store: z.unknown().optional(),
      storeMode: z.literal(['read', 'read-write']).optional(),
      ...byName,
    }),
    options: shared({
      dataSavingMode: z.boolean().optional(),
      ...legacy,
      endpoints: object({ polling: uri.optional(), streaming: uri.optional() }).optional(),
      limits: object({ maxBodyBytes: bytes.optional(), maxEventBytes: bytes.optional() }).optional(),
      ...networkFields(objects),
      ...identityFields(objects),
      logger: injected('debug', 'info', 'warn', 'error').optional(),
      transport: injected('get', 'close').optional(),
      clock: injected('now', 'monotonic', 'after', 'hold', 'breathe').optional(),
      random: injectedFunction.optional(),
      timings: object(TIMINGS).optional(),
    }),
  }
}

/** Leaves unknown names out. */
export const lenient: Schemas = schemas(LENIENT)

/** Reports unknown names. */
export const strict: Schemas = schemas(STRICT)
