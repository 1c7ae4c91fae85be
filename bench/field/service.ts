import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { given, tell } from '../child.ts'
import type { ServiceReady } from '../service/spec.ts'
import { keysOf } from './flags.ts'

/** Serves the same boolean flags in the protocols of GrowthBook and of Unleash, in this process. */
export interface FieldServiceSpec {
  readonly flags: number
}

const keys = keysOf(given<FieldServiceSpec>().flags)
const growthBook = Buffer.from(
  JSON.stringify({
    status: 200,
    features: Object.fromEntries(keys.map((key) => [key, { defaultValue: true }])),
  }),
)
const unleash = Buffer.from(
  JSON.stringify({
    version: 2,
    features: keys.map((name) => ({
      name,
      type: 'release',
      enabled: true,
      stale: false,
      strategies: [{ name: 'default', parameters: {} }],
      variants: [],
    })),
  }),
)

const server = createServer(({ url = '' }, response) => {
  response.setHeader('content-type', 'application/json')
  if (url.startsWith('/api/features/')) return response.end(growthBook)
  if (url.startsWith('/client/features')) return response.end(unleash)
  return response.writeHead(404).end('{}')
})
server.listen(0, '127.0.0.1', () => {
  tell({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } satisfies ServiceReady)
})
