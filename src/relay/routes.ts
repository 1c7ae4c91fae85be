import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from '../model/logger.ts'
import { destroyIfStalled, sendAnswer } from '../server/event-stream.ts'
import { type RequestTarget, readRequestTarget } from '../server/request-target.ts'
import { refuse } from '../server/respond.ts'
import type { ConnectionCounter } from './connections.ts'
import type { DocumentEndpoint, EndpointContext, OperatorEndpoint } from './endpoint.ts'
import type { Environments } from './environments.ts'
import { metrics } from './metrics/prometheus.ts'
import { page } from './page/page.ts'
import { statusEvents } from './page/status-feed.ts'
import { health, ready } from './status/health.ts'
import { sharedState } from './status/relay-state.ts'
import { STATUS_PATH, status } from './status/status.ts'

export interface RoutesOptions extends EndpointContext {
  readonly environments: Pick<Environments, 'withKey'>
  readonly logger: Logger
  readonly connections: ConnectionCounter
}

const STRANGER = 'a request came with a key of no environment, or without one, and was refused'

/** What load balancers and uptime checks ask by HEAD. */
const PROBED: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/** Everything the relay answers: what is said of it to operators, and what each environment says to SDKs. */
export function routes(options: RoutesOptions): RequestListener {
  const { clock, draining, closing, connections } = options
  const surfaces = operatorEndpoints(options)
  const state = sharedState(options)
  const writing = {
    clock,
    get stallMs() {
      return options.config().stallMs
    },
    onStall: () => connections.add('notReading'),
  }
  const answerOperator = (
    surface: OperatorEndpoint,
    target: RequestTarget,
    response: ServerResponse,
  ): Promise<void> | void => {
    switch (surface.type) {
      case 'document':
        return sendAnswer(response, surface.answer(target, state, draining), writing)
      case 'stream':
        return surface.serve(response)
      default:
        surface satisfies never
    }
  }
  let strangers = false
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = readRequestTarget(request)
    if (!target) return refuse(response, 400)
    const forOperators = withoutSlash(target)
    const isProbe = request.method === 'HEAD' && PROBED.has(forOperators.path)
    if (request.method !== 'GET' && !isProbe) return refuse(response, 405, { allow: 'GET' })
    const surface = surfaces(forOperators.path)
    if (surface) return answerOperator(surface, forOperators, response)
    // Whoever comes at the end comes again; a 401 would send official SDKs away for good.
    if (closing.aborted) return refuse(response, 503, { 'retry-after': '1' })
    const environment = options.environments.withKey(request.headers.authorization)
    if (environment) return environment.answer(target, request, response)
    if (!strangers) options.logger.warn(`${STRANGER}; it is not said again`)
    strangers = true
    refuse(response, 401)
  }
  return (request, response) => {
    route(request, response)
      // Refusals have no writer of their own.
      .then(() => response.writableEnded && destroyIfStalled(response, writing))
      .catch((error: unknown) => {
        options.onError(error)
        response.destroy()
      })
  }
}

/** Probes and people add a slash to the end of an address for operators. */
function withoutSlash({ path, query }: RequestTarget): RequestTarget {
  return { path: path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path, query }
}

/** What operators may ask of one relay, by path. */
export function operatorEndpoints(
  surroundings: EndpointContext,
): (path: string) => OperatorEndpoint | undefined {
  const surfaces: ReadonlyMap<string, OperatorEndpoint> = new Map([
    ['/', documentOf(page)],
    ['/healthz', documentOf(health)],
    ['/metrics', documentOf(metrics)],
    ['/readyz', documentOf(ready)],
    [STATUS_PATH, documentOf(status)],
    [`${STATUS_PATH}/events`, { type: 'stream', serve: statusEvents(surroundings) }],
  ])
  const environmentStatus = documentOf(status)
  return (path) => surfaces.get(path) ?? (path.startsWith(`${STATUS_PATH}/`) ? environmentStatus : undefined)
}

function documentOf(answer: DocumentEndpoint): OperatorEndpoint {
  return { type: 'document', answer }
}
