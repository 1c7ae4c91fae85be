import Fastify from 'fastify'
import { presets } from 'halyard'
import { flagsPlugin } from './flags-plugin.ts'

const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765', PORT = '3000' } = process.env

const server = Fastify({ logger: true })

await server.register(flagsPlugin, {
  sdkKey: SDK_KEY,
  client: {
    dataSystem: presets.default(),
    endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL, events: FLAGS_URL }, // remove for the hosted service
  },
  contextOf: ({ query }) => {
    const { user = 'anonymous' } = query as { readonly user?: string } // replace by the user of your session
    return { kind: 'user', key: user, anonymous: user === 'anonymous' }
  },
})

server.get('/', async ({ flagContext }) => ({
  greeting: server.flags.sync.stringVariation('greeting', flagContext, 'Good day'),
  newCheckout: server.flags.sync.boolVariation('new-checkout', flagContext, false),
}))

server.get('/readyz', async (_request, reply) => {
  const { state } = server.flags.status.current
  reply.code(server.flags.initialized() ? 200 : 503)
  return { state, availability: server.flags.availability }
})

await server.listen({ port: Number(PORT), host: '127.0.0.1' })

const stop = (): Promise<void> => server.close() // waits for open requests, then closes the client
process.once('SIGTERM', stop).once('SIGINT', stop)
