import { z } from 'zod'
import { list, optional, orElse, text } from './nullish.ts'

/** The value of members that the service does not know, and of members that describe client-side SDKs. */
const nothing = z.null({ error: 'a server-side client has no such member' })

const polling = z.object({ baseUri: text(), pollIntervalMs: optional(z.number()) }).catchall(nothing)

const streaming = z.object({ baseUri: text(), initialRetryDelayMs: optional(z.number()) }).catchall(nothing)

const persistentDataStore = z.object({
  store: z.object({ type: z.literal(['redis', 'dynamodb', 'consul']), prefix: text(), dsn: z.string() }),
  cache: orElse(z.object({ mode: z.literal(['off', 'ttl', 'infinite']), ttl: optional(z.number()) }), {
    mode: 'ttl',
    ttl: undefined,
  }),
})

const dataSystem = z
  .object({
    initializers: list(z.object({ polling }).catchall(nothing)),
    synchronizers: list(
      z
        .object({ streaming: optional(streaming), polling: optional(polling) })
        .catchall(nothing)
        .refine((given) => (given.streaming === undefined) !== (given.polling === undefined), {
          error: 'expected exactly one of streaming and polling',
        }),
    ),
    fdv1Fallback: optional(polling),
    store: optional(z.object({ persistentDataStore: optional(persistentDataStore) })),
    /** 0: only read. 1: read and written. */
    storeMode: orElse(z.literal([0, 1]), 0),
  })
  .catchall(nothing)

const hook = z.object({
  name: z.string(),
  callbackUri: z.url(),
  /** Data that the hook adds, by stage. */
  data: orElse(z.record(z.string(), z.record(z.string(), z.unknown()).nullable()), {}),
  /** Message of the error that the hook throws, by stage. */
  errors: orElse(z.record(z.string(), z.string().nullable()), {}),
})

const bigSegments = z.object({
  callbackUri: z.url(),
  userCacheSize: optional(z.number()),
  userCacheTimeMs: optional(z.number()),
  statusPollIntervalMs: optional(z.number()),
  staleAfterMs: optional(z.number()),
})

const events = z.object({
  baseUri: text(),
  capacity: optional(z.number()),
  enableDiagnostics: orElse(z.boolean(), false),
  allAttributesPrivate: orElse(z.boolean(), false),
  globalPrivateAttributes: list(z.string()),
  flushIntervalMs: optional(z.number()),
  omitAnonymousContexts: orElse(z.boolean(), false),
  enableGzip: orElse(z.boolean(), false),
})

const configuration = z.object({
  credential: z.string(),
  startWaitTimeMs: optional(z.number()),
  initCanFail: orElse(z.boolean(), false),
  serviceEndpoints: optional(z.object({ streaming: text(), polling: text(), events: text() })),
  /** Absent: no events are sent. */
  events: optional(events),
  tags: optional(z.object({ applicationId: text(), applicationVersion: text() })),
  wrapper: optional(z.object({ name: text(), version: text() })),
  tls: optional(z.object({ skipVerifyPeer: orElse(z.boolean(), false), customCAFile: text() })),
  proxy: optional(z.object({ httpProxy: text() })),
  hooks: optional(z.object({ hooks: list(hook) })),
  bigSegments: optional(bigSegments),
  dataSystem: optional(dataSystem),
  /** Version 2 of the suite describes FDv1 by these three and has no `dataSystem`. */
  streaming: optional(streaming),
  polling: optional(polling),
  persistentDataStore: optional(persistentDataStore),
  /** Ignored. Tests of events that client-side SDKs share send it to server-side ones too. */
  clientSide: z.unknown().optional(),
})

/** The body of `POST /`. Other members describe features that the library does not have. */
export const createRequest = z.object({ tag: text(), configuration })

export type CreateRequest = z.infer<typeof createRequest>
export type Configuration = z.infer<typeof configuration>
export type DataSystemParams = z.infer<typeof dataSystem>
export type PersistentStoreParams = z.infer<typeof persistentDataStore>
export type HookParams = z.infer<typeof hook>
export type BigSegmentsParams = z.infer<typeof bigSegments>

export interface StreamingParams {
  readonly baseUri: string | undefined
  readonly initialRetryDelayMs: number | undefined
}

export interface PollingParams {
  readonly baseUri: string | undefined
  readonly pollIntervalMs: number | undefined
}
