import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type ClientOptions, type Context, createClient, type FlagClient } from 'halyard'

declare module 'fastify' {
  interface FastifyInstance {
    flags: FlagClient
  }
  interface FastifyRequest {
    /** The context for the evaluations of this request. */
    flagContext: Context
  }
}

export interface FlagsPluginOptions {
  readonly sdkKey: string
  readonly client: ClientOptions
  /** Returns the context of a request. */
  readonly contextOf: (request: FastifyRequest) => Context
}

/** Decorates the server with the client and each request with its context, and closes the client with the server. */
export const flagsPlugin = fp<FlagsPluginOptions>(async (server, { sdkKey, client: options, contextOf }) => {
  const client = createClient(sdkKey, options)
  server.decorate('flags', client)
  server.decorateRequest('flagContext')
  server.addHook('onRequest', async (request) => {
    request.flagContext = contextOf(request)
  })
  server.addHook('onClose', () => client.close()) // delivers the analytics events

  client.on('status', ({ state }) => server.log.info(`flags: ${state}`))
  // After 5 s the server starts without flags: evaluations return their fallback values until data arrives.
  const { initialized, reason } = await client.waitForInitialization({ timeoutMs: 5_000 })
  if (!initialized) server.log.warn(`flags: none yet (${reason}), serving fallback values`)
})
