import { z } from 'zod'
import { list, optional, orElse, text } from './nullish.ts'

const polling = z.object({ baseUri: text(), pollIntervalMs: optional(z.number()) })

const streaming = z.object({ baseUri: text(), initialRetryDelayMs: optional(z.number()) })

const persistentDataStore = z.object({
  store: z.object({ type: z.literal(['redis', 'dynamodb', 'consul']), prefix: text(), dsn: z.string() }),
  cache: orElse(z.object({ mode: z.literal(['off', 'ttl', 'infinite']), ttl: optional(z.number()) }), {
    mode: 'ttl',
    ttl: undefined,
  }),
})

const dataSystem = z.object({
  initializers: list(z.object({ polling })),
  synchronizers: list(
    z
      .object({ streaming: optional(streaming), polling: optional(polling) })
      .refine((given) => (given.streaming === undefined) !== (given.polling === undefined), {
        error: 'expected exactly one of streaming and polling',
      }),
  ),
  fdv1Fallback: optional(polling),
  store: optional(z.object({ persistentDataStore: optional(persistentDataStore) })),
  /** 0: only read. 1: read and written. */
  storeMode: orElse(z.literal([0, 1]), 0),
})

const hook = z.object({
  name: z.string(),
  callbackUri: z.url(),
  /** By stage: what the hook adds to the data it was given. */
  data: orElse(z.record(z.string(), z.record(z.string(), z.unknown()).nullable()), {}),
  /** By stage: the message of what the hook throws. */
  errors: orElse(z.record(z.string(), z.string().nullable()), {}),
})

const configuration = z.object({
  credential: z.string(),
  startWaitTimeMs: optional(z.number()),
  initCanFail: orElse(z.boolean(), false),
  serviceEndpoints: optional(z.object({ streaming: text(), polling: text() })),
  tags: optional(z.object({ applicationId: text(), applicationVersion: text() })),
  wrapper: optional(z.object({ name: text(), version: text() })),
  tls: optional(z.object({ skipVerifyPeer: orElse(z.boolean(), false), customCAFile: text() })),
  proxy: optional(z.object({ httpProxy: text() })),
  hooks: optional(z.object({ hooks: list(hook) })),
  dataSystem: optional(dataSystem),
  /** Where version 2 of the suite puts it. */
  persistentDataStore: optional(persistentDataStore),
})

/** The body of `POST /`. What it says beyond this is about parts the library does not have. */
export const createRequest = z.object({ tag: text(), configuration })

export type CreateRequest = z.infer<typeof createRequest>
export type Configuration = z.infer<typeof configuration>
export type DataSystemParams = z.infer<typeof dataSystem>
export type PersistentStoreParams = z.infer<typeof persistentDataStore>
export type PollingParams = z.infer<typeof polling>
export type HookParams = z.infer<typeof hook>
