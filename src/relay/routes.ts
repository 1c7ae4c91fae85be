import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock } from '../async/clock.ts'
import { VERSION } from '../config/version.ts'
import type { RelayConfig } from './config/relay-config.ts'
import type { Environment } from './environment.ts'
import { statusOf } from './status-document.ts'

export interface RoutesOptions {
  readonly config: () => RelayConfig
  readonly environments: () => Iterable<Environment>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** Everything the relay answers: what is said of it, and what each environment says. */
export function routes(options: RoutesOptions): RequestListener {
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = URL.parse(request.url ?? '', 'http://relay')?.pathname
    if (path === undefined) return refuse(response, 400)
    if (request.method !== 'GET') return refuse(response, 405, { allow: 'GET' })
    switch (path) {
      case '/healthz':
        return say(response, 200, { status: 'ok' })
      case '/readyz':
        return ready(options, response)
      case '/status':
        return status(options, response)
      default: {
        const environment = findEnvironment(options.environments(), request.headers.authorization)
        return environment ? environment.answer(path, request, response) : refuse(response, 401)
      }
    }
  }
  return (request, response) => {
    route(request, response).catch((error: unknown) => {
      options.onError(error)
      response.destroy()
    })
  }
}

/** By digests, so that a key cannot be guessed by the time a comparison takes. */
function findEnvironment(
  environments: Iterable<Environment>,
  authorization: string | undefined,
): Environment | undefined {
  const shown = digest(authorization ?? '')
  return [...environments].find(({ config }) => digest(config.sdkKey) === shown)
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64')
}

/** Ready when every environment has something to serve. */
function ready({ environments }: RoutesOptions, response: ServerResponse): void {
  const waiting = [...environments()].filter(({ hasData }) => !hasData).map(({ config }) => config.name)
  say(response, waiting.length === 0 ? 200 : 503, {
    status: waiting.length === 0 ? 'ready' : 'not ready',
    waiting,
  })
}

function status({ config, environments, clock }: RoutesOptions, response: ServerResponse): void {
  const documents = [...environments()].map((environment) => statusOf(environment, config(), clock.now()))
  const isHealthy = documents.every((document) => document.status === 'connected')
  say(response, 200, {
    environments: Object.fromEntries(documents.map((document) => [document.envName, document])),
    status: isHealthy ? 'healthy' : 'degraded',
    version: VERSION,
    clientVersion: VERSION,
  })
}

function say(response: ServerResponse, code: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': bytes.length,
  }
  response.writeHead(code, headers).end(bytes)
}

function refuse(response: ServerResponse, code: number, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-length': 0, ...headers }).end()
}
