import { z } from 'zod'
import { parseRedisUrl } from './parse-redis-url.ts'

const text = z.string().min(1)
const port = z.int().min(1).max(65_535)
const milliseconds = z.custom<number>(isDuration, { error: 'milliseconds, 0 or more; Infinity is allowed' })
const nodes = z.array(z.object({ host: text, port })).min(1)
const pem = z.custom<unknown>(isPem, { error: 'text in PEM (not the path of a file)' })

const fields = {
  url: z.string().refine((url) => parseRedisUrl(url) !== undefined, 'a redis: or rediss: URL'),
  host: text,
  port,
  path: text,
  client: z.custom(isClient, { error: 'a Redis or Cluster of ioredis' }),
  sentinels: nodes,
  name: text,
  sentinelUsername: text,
  sentinelPassword: text,
  cluster: nodes,
  redisOpts: z.custom((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'options of ioredis',
  }),
  username: text,
  password: text,
  db: z.int().min(0),
  tls: z.strictObject({
    ca: z
      .union([pem, z.array(pem)], { error: 'text in PEM (not the path of a file), or a list of such' })
      .optional(),
    cert: pem.optional(),
    key: pem.optional(),
    passphrase: z.string().optional(),
    servername: text.optional(),
    verify: z.literal(['always', 'never']).optional(),
  }),
  prefix: text,
  cacheTtlMs: milliseconds,
  cacheTTL: z.custom<number>(isDuration, { error: 'seconds, 0 or more; Infinity is allowed' }),
  staleOnErrorMs: milliseconds,
  reads: z.literal(['lazy', 'snapshot']),
  writers: z.literal(['all', 'one']),
}

/** The form of each option; how they go together is another matter. */
export const optionsSchema: z.ZodType = z.strictObject(fields).partial()

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}

function isPem(value: unknown): boolean {
  return Buffer.isBuffer(value) ? value.length > 0 : typeof value === 'string' && value.includes('-----BEGIN')
}

function isClient(value: unknown): boolean {
  const client = value as { readonly duplicate?: unknown; readonly isCluster?: unknown } | null
  return typeof client?.duplicate === 'function' && typeof client.isCluster === 'boolean'
}
