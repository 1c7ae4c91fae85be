import { z } from 'zod'
import type { Context } from '../../src/index.ts'
import { list, optional, orElse, text } from './nullish.ts'

/** A context. The library decides whether it is valid. */
const context = z.custom<Context>((value) => typeof value === 'object' && value !== null, {
  error: 'expected an object',
})

/** Exactly one of these is given; `user` is the legacy form. */
const subject = { context: optional(context), user: optional(context) }

const asked = { flagKey: z.string(), ...subject, detail: orElse(z.boolean(), false) }

/** A missing default value is the zero value of its type. */
const number = orElse(z.number(), 0)

const evaluate = z.discriminatedUnion('valueType', [
  z.object({ ...asked, valueType: z.literal('bool'), defaultValue: orElse(z.boolean(), false) }),
  z.object({ ...asked, valueType: z.literal(['int', 'double']), defaultValue: number }),
  z.object({ ...asked, valueType: z.literal('string'), defaultValue: orElse(z.string(), '') }),
  z.object({ ...asked, valueType: z.literal('any'), defaultValue: z.unknown() }),
])

const evaluateAll = z.object({
  ...subject,
  withReasons: orElse(z.boolean(), false),
  clientSideOnly: orElse(z.boolean(), false),
  detailsOnlyForTrackedFlags: orElse(z.boolean(), false),
})

const customEvent = z.object({
  eventKey: z.string(),
  ...subject,
  data: z.unknown(),
  metricValue: optional(z.number()),
})

const flagChange = z.object({ listenerId: z.string(), callbackUri: z.url(), flagKey: text() })

const flagValueChange = z.object({
  listenerId: z.string(),
  callbackUri: z.url(),
  flagKey: z.string(),
  context,
  defaultValue: z.unknown(),
})

const migration = { key: z.string(), context, defaultStage: z.string() }

const migrationOperation = z.object({
  ...migration,
  readExecutionOrder: orElse(z.literal(['serial', 'random', 'concurrent']), 'concurrent'),
  operation: z.literal(['read', 'write']),
  oldEndpoint: z.url(),
  newEndpoint: z.url(),
  payload: optional(z.string()),
  trackLatency: orElse(z.boolean(), false),
  trackErrors: orElse(z.boolean(), false),
  trackConsistency: orElse(z.boolean(), false),
})

const single = z.object({
  kind: optional(z.string()),
  key: z.string(),
  name: optional(z.string()),
  anonymous: optional(z.boolean()),
  private: list(z.string()),
  custom: orElse(z.record(z.string(), z.unknown()), {}),
})

const compared = z.object({
  kind: z.string(),
  key: z.string(),
  attributes: list(z.object({ name: z.string(), value: z.unknown() })),
  privateAttributes: list(z.object({ value: z.string(), literal: orElse(z.boolean(), false) })),
})

const built = z.object({ single: optional(single), multi: list(single) })

const side = z.object({ single: optional(compared), multi: list(compared) })

/** The body of `POST <client>`: a name, and the parameters under that name. */
export const commandRequest = z.discriminatedUnion('command', [
  z.object({ command: z.literal('evaluate'), evaluate }),
  z.object({ command: z.literal('evaluateAll'), evaluateAll }),
  z.object({ command: z.literal('getBigSegmentStoreStatus') }),
  z.object({ command: z.literal('identifyEvent'), identifyEvent: z.object(subject) }),
  z.object({ command: z.literal('customEvent'), customEvent }),
  z.object({ command: z.literal('flushEvents') }),
  z.object({ command: z.literal('secureModeHash'), secureModeHash: z.object(subject) }),
  z.object({ command: z.literal('registerFlagChangeListener'), registerFlagChangeListener: flagChange }),
  z.object({
    command: z.literal('registerFlagValueChangeListener'),
    registerFlagValueChangeListener: flagValueChange,
  }),
  z.object({
    command: z.literal('unregisterListener'),
    unregisterListener: z.object({ listenerId: z.string() }),
  }),
  z.object({ command: z.literal('migrationVariation'), migrationVariation: z.object(migration) }),
  z.object({ command: z.literal('migrationOperation'), migrationOperation }),
  z.object({ command: z.literal('contextBuild'), contextBuild: built }),
  z.object({ command: z.literal('contextConvert'), contextConvert: z.object({ input: z.string() }) }),
  z.object({
    command: z.literal('contextComparison'),
    contextComparison: z.object({ context1: side, context2: side }),
  }),
])

export type CommandRequest = z.infer<typeof commandRequest>
export type EvaluateParams = z.infer<typeof evaluate>
export type EvaluateAllParams = z.infer<typeof evaluateAll>
export type FlagChangeParams = z.infer<typeof flagChange>
export type FlagValueChangeParams = z.infer<typeof flagValueChange>
export type MigrationVariationParams = Extract<
  CommandRequest,
  { readonly command: 'migrationVariation' }
>['migrationVariation']
export type MigrationOperationParams = z.infer<typeof migrationOperation>
export type BuildParams = z.infer<typeof built>
export type SingleParams = z.infer<typeof single>
export type ComparedParams = z.infer<typeof side>
export type ComparedSingleParams = z.infer<typeof compared>
