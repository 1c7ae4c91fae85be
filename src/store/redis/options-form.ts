import { z } from 'zod'
import { isJsonObject } from '../../model/json.ts'
import { duration, group, host, port, secret, text, tlsForm, useForms } from '../../options/forms.ts'
import { redisUrlProblem } from './redis-url-problem.ts'

const nodes = z
  .array(z.object({ host, port }, 'a host and a port'), 'a list of nodes')
  .min(1, 'a node at least')

/** What each option must be like; how they go together is another matter. */
export const optionsForm: z.ZodType = group({
  url: z.custom((url) => redisUrlProblem(url) === undefined, {
    error: ({ input }) => redisUrlProblem(input) ?? 'a URL',
  }),
  host,
  port,
  path: text,
  client: z.custom(isClient, 'a Redis or Cluster of ioredis'),
  sentinels: nodes,
  name: text,
  sentinelUsername: secret,
  sentinelPassword: secret,
  cluster: nodes,
  redisOpts: z.custom(isJsonObject, 'options of ioredis'),
  username: secret,
  password: secret,
  db: z.custom((value) => Number.isInteger(value) && Number(value) >= 0, 'a whole number, 0 or more'),
  tls: tlsForm,
  prefix: text,
  cacheTTL: duration,
  ...useForms,
})

function isClient(value: unknown): boolean {
  const client = value as { readonly duplicate?: unknown; readonly isCluster?: unknown } | null
  return typeof client?.duplicate === 'function' && typeof client.isCluster === 'boolean'
}
