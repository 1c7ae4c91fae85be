import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { destroyIfStalled, sendAnswer } from '../server/event-stream.ts'
import { type RequestTarget, readRequestTarget } from '../server/request-target.ts'
import { refuse } from '../server/respond.ts'
import { type Address, addressOf } from './addresses.ts'
import { applyCors, isPreflight } from './client-side/cors.ts'
import type { ConnectionCounter } from './connections.ts'
import { credentialOf } from './credentials.ts'
import type { DocumentEndpoint, EndpointContext, OperatorEndpoint } from './endpoint.ts'
import type { Environments } from './environments.ts'
import { metrics } from './metrics/prometheus.ts'
import { page } from './page/page.ts'
import { statusEvents } from './page/status-feed.ts'
import { health, ready } from './status/health.ts'
import { sharedState } from './status/relay-state.ts'
import { STATUS_PATH, status } from './status/status.ts'

export interface RoutesOptions extends EndpointContext {
  readonly environments: Pick<Environments, 'withCredential'>
  readonly logger: Logger
  readonly connections: ConnectionCounter
}

const UNKNOWN_CREDENTIAL =
  'rejected a request with a missing or unknown SDK key, mobile key or client-side ID (further ones are not logged)'

/** Paths that also accept HEAD, because load balancers and uptime checks use it. */
const HEAD_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/** Returns the request listener of a relay. It dispatches by path to operator endpoints, otherwise by credential to environments. */
export function routes(options: RoutesOptions): RequestListener {
  const { clock, draining, closing, connections } = options
  const endpoints = operatorEndpoints(options)
  const state = sharedState(options)
  const writing = {
    clock,
    get stallMs() {
      return options.config().stallMs
    },
    onStall: () => connections.add('notReading'),
  }
  const answerOperator = (
    endpoint: OperatorEndpoint,
    target: RequestTarget,
    response: ServerResponse,
  ): Promise<void> | void => {
    switch (endpoint.type) {
      case 'document':
        return sendAnswer(response, endpoint.answer(target, state, draining), writing)
      case 'stream':
        return endpoint.serve(response)
      default:
        endpoint satisfies never
    }
  }
  const unknownCredentials = new WarnOnce()
  const answerSdk = async (
    target: RequestTarget,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const address = addressOf(target.path)
    const credential = credentialOf(address, request, target.query)
    const environment = options.environments.withCredential(credential)
    applyCors(request, response, { address, cors: environment?.cors })
    if (isPreflight(request, address))
      return environment || address.audience === 'client'
        ? void response.writeHead(200, { 'content-length': 0 }).end()
        : refuse(response, refusalOf(address))
    if (!address.methods.includes(request.method ?? ''))
      return refuse(response, 405, { allow: address.methods.join(', ') })
    // 503 makes SDKs retry. With a 401, official SDKs would give up permanently.
    if (closing.aborted) return refuse(response, 503, { 'retry-after': '1' })
    if (environment)
      return environment.answer({ request, response, target, address, audience: credential.audience })
    if (unknownCredentials.isFirst()) options.logger.warn(UNKNOWN_CREDENTIAL)
    refuse(response, refusalOf(address))
  }
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = readRequestTarget(request)
    if (!target) return refuse(response, 400)
    const operatorTarget = withoutSlash(target)
    const endpoint = endpoints(operatorTarget.path)
    if (!endpoint) return answerSdk(target, request, response)
    const isProbe = request.method === 'HEAD' && HEAD_PATHS.has(operatorTarget.path)
    if (request.method !== 'GET' && !isProbe) return refuse(response, 405, { allow: 'GET' })
    return answerOperator(endpoint, operatorTarget, response)
  }
  return (request, response) => {
    route(request, response)
      // Refusals are written without a ResponseWriter, which would detect a client that does not read.
      .then(() => response.writableEnded && destroyIfStalled(response, writing))
      .catch((error: unknown) => {
        options.onError(error)
        response.destroy()
      })
  }
}

/** Returns the status for an unknown credential: 404 if it is a part of the path. */
function refusalOf({ audience }: Address): 401 | 404 {
  return audience === 'browser' ? 404 : 401
}

/** Removes a slash at the end, which probes and people add to the paths for operators. */
function withoutSlash({ path, query }: RequestTarget): RequestTarget {
  return { path: path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path, query }
}

export function operatorEndpoints(context: EndpointContext): (path: string) => OperatorEndpoint | undefined {
  const endpoints: ReadonlyMap<string, OperatorEndpoint> = new Map([
    ['/', documentOf(page)],
    ['/healthz', documentOf(health)],
    ['/metrics', documentOf(metrics)],
    ['/readyz', documentOf(ready)],
    [STATUS_PATH, documentOf(status)],
    [`${STATUS_PATH}/events`, { type: 'stream', serve: statusEvents(context) }],
  ])
  const environmentStatus = documentOf(status)
  return (path) => endpoints.get(path) ?? (path.startsWith(`${STATUS_PATH}/`) ? environmentStatus : undefined)
}

function documentOf(answer: DocumentEndpoint): OperatorEndpoint {
  return { type: 'document', answer }
}
