import type { RequestHandler } from 'express'
import { type Context, createClient, presets } from 'halyard'

const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765' } = process.env

/** The client of this process. It keeps all flags in memory, so an evaluation sends no request. */
export const client = createClient(SDK_KEY, {
  dataSystem: presets.default(),
  endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL, events: FLAGS_URL }, // remove for the hosted service
})

client.on('status', ({ state, lastError }) => console.log(`flags: ${state}`, lastError?.message ?? ''))

/** The flags of one visitor. */
export class VisitorFlags {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  bool(key: string, fallback: boolean): boolean {
    return client.sync.boolVariation(key, this.#context, fallback)
  }

  string(key: string, fallback: string): string {
    return client.sync.stringVariation(key, this.#context, fallback)
  }
}

declare global {
  namespace Express {
    interface Request {
      flags: VisitorFlags
    }
  }
}

/** Adds the flags of the visitor to each request. */
export const visitorFlags: RequestHandler = (request, _response, next) => {
  const { user } = request.query // replace by the user of your session
  const visitor = typeof user === 'string' ? { key: user } : { key: 'anonymous', anonymous: true }
  request.flags = new VisitorFlags({ kind: 'user', ...visitor })
  next()
}

/** Answers 200 as soon as there are flags, and 503 before. Use it as the readiness probe of a load balancer. */
export const readiness: RequestHandler = (_request, response) => {
  const { state } = client.status.current
  response.status(client.initialized() ? 200 : 503).json({ state, availability: client.availability })
}
