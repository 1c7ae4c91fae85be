import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { type ResponseWriterOptions, sendAnswer } from '../server/event-stream.ts'
import type { RequestTarget } from '../server/request-target.ts'
import { authorized, refuse } from '../server/respond.ts'
import type { AdminLogin } from './config/option-groups.ts'
import type { DataEndpoint, DocumentEndpoint, EndpointContext, OperatorEndpoint } from './endpoint.ts'
import type { FlagEndpoints } from './flags/flag-endpoints.ts'
import { metrics } from './metrics/prometheus.ts'
import { ENVIRONMENT_DETAILS_PATH, environmentDetails } from './page/environment-details.ts'
import { statusEvents } from './page/status-feed.ts'
import type { ObservedRequest } from './requests/observed-request.ts'
import { health, ready } from './status/health.ts'
import { sharedState } from './status/relay-state.ts'
import { briefStatus, STATUS_PATH, status } from './status/status.ts'

/** The paths that a port serves: all, only probes because operators have another port, or only `/metrics`. */
export type OperatorScope = 'all' | 'probes' | 'metrics'

export interface OperatorRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: RequestTarget
  readonly observed: ObservedRequest
}

export interface OperatorRoutesOptions extends EndpointContext {
  readonly logger: Logger
  readonly writing: ResponseWriterOptions
}

/** Answers a request of an operator. Returns `undefined` if the path is none of the scope. */
export type AnswerOperator = (scope: OperatorScope, request: OperatorRequest) => Promise<void> | undefined

export function operatorRoutes(options: OperatorRoutesOptions): AnswerOperator {
  const { draining, writing, config } = options
  const endpoints = operatorEndpoints(options)
  const state = sharedState(options)
  const isAllowed = loginCheck(options.logger)
  const endpointAt = (path: string, scope: OperatorScope): OperatorEndpoint | undefined => {
    const endpoint = endpoints(path)
    switch (scope) {
      case 'all':
        return endpoint
      case 'probes':
        return path === STATUS_PATH ? BRIEF_STATUS : endpoint?.access === 'open' ? endpoint : undefined
      case 'metrics':
        return path === METRICS_PATH ? endpoint : undefined
      default:
        return scope satisfies never
    }
  }
  const answer = async (
    endpoint: OperatorEndpoint,
    { request, response, target }: OperatorRequest,
  ): Promise<void> => {
    const isProbe = request.method === 'HEAD' && HEAD_PATHS.has(target.path)
    const allow = endpoint.type === 'data' ? endpoint.method : 'GET'
    if (request.method !== allow && !isProbe) return refuse(response, 405, { allow })
    if (endpoint.access === 'login' && !(await isAllowed(config().adminLogin, request)))
      return refuse(response, 401, CHALLENGE)
    switch (endpoint.type) {
      case 'document':
        return sendAnswer(response, endpoint.answer(target, state, draining), writing)
      case 'stream':
        return endpoint.serve(response)
      case 'data':
        return answerData(endpoint.answer, { request, response, target })
      default:
        endpoint satisfies never
    }
  }
  const answerData = async (
    endpoint: DataEndpoint,
    { request, response, target }: Omit<OperatorRequest, 'observed'>,
  ): Promise<void> => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    try {
      sendAnswer(response, await endpoint({ request, target, gone: gone.signal }), writing)
    } catch (error) {
      if (!gone.signal.aborted) throw error
    }
  }
  return (scope, { target, ...rest }) => {
    const shortened = withoutSlash(target)
    const endpoint = endpointAt(shortened.path, scope)
    if (!endpoint) return undefined
    rest.observed.route = routeOf(shortened.path)
    return answer(endpoint, { ...rest, target: shortened })
  }
}

/** Paths that also accept HEAD, because load balancers and uptime checks use it. */
const HEAD_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

const METRICS_PATH = '/metrics'
const EVENTS_PATH = `${STATUS_PATH}/events`

/** The answer for probes of `/status` on the port of SDKs while operators have another one. It names no environment. */
const BRIEF_STATUS = documentOf(briefStatus, 'open')

const CHALLENGE = { 'www-authenticate': 'Basic realm="Halyard relay", charset="UTF-8"' } as const

/** Returns a function that checks the login of a request in constant time. Without a configured login every request is allowed. */
function loginCheck(
  logger: Logger,
): (login: AdminLogin | undefined, request: IncomingMessage) => Promise<boolean> {
  const failures = new WarnOnce()
  const passwordOf = async ({ password, passwordFile = '' }: AdminLogin): Promise<string> => {
    if (password !== undefined) return password
    const text = await readFile(passwordFile, 'utf8').catch(() => '')
    return text.replace(/[\r\n]+$/, '')
  }
  return async (login, { headers: { authorization } }) => {
    if (!login) return true
    if (authorization === undefined) return false
    const password = await passwordOf(login)
    if (password === '') {
      if (failures.isFirst('password'))
        logger.error(
          'operators: adminPasswordFile is empty or cannot be read, so that every request for the page, /status and /metrics is answered 401; it is read again at each request (further ones are not logged)',
        )
      return false
    }
    const login64 = Buffer.from(`${login.username ?? 'admin'}:${password}`).toString('base64')
    const isCorrect = authorized(`Basic ${login64}`, authorization.replace(/^basic +/i, 'Basic '))
    if (!isCorrect && failures.isFirst('login'))
      logger.warn(
        'operators: rejected a request with a wrong user name or password (further ones are not logged)',
      )
    return isCorrect
  }
}

export function operatorEndpoints(context: EndpointContext): (path: string) => OperatorEndpoint | undefined {
  const endpoints: ReadonlyMap<string, OperatorEndpoint> = new Map([
    ['/', dataOf('GET', async () => (await import('./page/on-demand.ts')).PAGE)],
    [ENVIRONMENT_DETAILS_PATH, documentOf(environmentDetails, 'login')],
    ['/healthz', documentOf(health, 'open')],
    [METRICS_PATH, documentOf(metrics, 'login')],
    ['/readyz', documentOf(ready, 'open')],
    [STATUS_PATH, documentOf(status, 'login')],
    [EVENTS_PATH, { type: 'stream', access: 'login', serve: statusEvents(context) }],
    ...flagEndpointsOf(context),
  ])
  const environmentStatus = documentOf(status, 'login')
  return (path) => endpoints.get(path) ?? (path.startsWith(`${STATUS_PATH}/`) ? environmentStatus : undefined)
}

/** Returns the template of the path of an endpoint. */
function routeOf(path: string): string {
  const isOfEnvironment = path.startsWith(`${STATUS_PATH}/`) && path !== EVENTS_PATH
  return isOfEnvironment ? `${STATUS_PATH}/{name}` : path
}

/** Removes a slash at the end, which probes and people add to the paths for operators. */
function withoutSlash({ path, query }: RequestTarget): RequestTarget {
  return { path: path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path, query }
}

function documentOf(answer: DocumentEndpoint, access: OperatorEndpoint['access']): OperatorEndpoint {
  return { type: 'document', access, answer }
}

function dataOf(method: 'GET' | 'POST', answer: DataEndpoint): OperatorEndpoint {
  return { type: 'data', access: 'login', method, answer }
}

/** The endpoints with the flags of an environment, whose code is loaded for the first request because only the page uses them. */
function flagEndpointsOf(context: EndpointContext): readonly (readonly [string, OperatorEndpoint])[] {
  let endpoints: Promise<FlagEndpoints> | undefined
  const load = async (): Promise<FlagEndpoints> =>
    (await import('./page/on-demand.ts')).flagEndpoints(context)
  const endpointOf = (method: 'GET' | 'POST', name: keyof FlagEndpoints): OperatorEndpoint =>
    dataOf(method, async (request) => {
      endpoints ??= load()
      return (await endpoints)[name](request)
    })
  return [
    ['/page/flags', endpointOf('GET', 'list')],
    ['/page/flag', endpointOf('GET', 'item')],
    ['/page/explain', endpointOf('POST', 'explain')],
  ]
}
