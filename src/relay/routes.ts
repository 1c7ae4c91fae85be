import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { destroyIfStalled } from '../server/event-stream.ts'
import { readRequestTarget } from '../server/request-target.ts'
import { refuse, refuseWithMessage } from '../server/respond.ts'
import { type Address, addressOf, CREDENTIAL_NAMES } from './addresses.ts'
import { applyCors, isPreflight } from './client-side/cors.ts'
import { refused } from './client-side/request-context.ts'
import type { ConnectionCounter } from './connections.ts'
import { presentedIn } from './credentials.ts'
import type { EndpointContext } from './endpoint.ts'
import type { Environments } from './environments.ts'
import { isForThisMachine } from './loopback.ts'
import { refuseOfrep } from './ofrep/refusal.ts'
import { type OperatorRequest, type OperatorScope, operatorRoutes } from './operator-routes.ts'
import type { ObservedRequest } from './requests/observed-request.ts'

export interface RoutesOptions extends EndpointContext {
  readonly environments: Pick<Environments, 'withCredential' | 'acceptsAnyKey'>
  readonly logger: Logger
  readonly connections: ConnectionCounter
  /** Begins to measure a request. */
  readonly observe: (request: IncomingMessage, response: ServerResponse) => ObservedRequest
  /** False until automatic configuration has brought the list of environments, which may have more keys than a copy of it. */
  readonly hasAllKeys: () => boolean
}

const FOREIGN_HOST =
  'rejected a request whose Host header does not name this machine; without an SDK key only this machine is served, and web pages of other sites must not read the flags by DNS rebinding (further ones are not logged)'

const UNKNOWN_CREDENTIAL =
  'rejected a request with a missing or unknown SDK key, mobile key or client-side ID (further ones are not logged)'

/** A request with its parsed target. */
type RoutedRequest = OperatorRequest

/** The request listener of each kind of port. */
export interface RelayRoutes {
  /** Serves SDKs, and operators unless they have a port of their own. */
  readonly sdk: RequestListener
  readonly operators: RequestListener
  /** Serves `/metrics` only. */
  readonly metrics: RequestListener
}

/** Returns the request listeners of a relay. They dispatch by path to operator endpoints, otherwise by credential to environments. */
export function routes(options: RoutesOptions): RelayRoutes {
  const { clock, closing, connections, observe } = options
  const writing = {
    clock,
    get stallMs() {
      return options.config().stallMs
    },
    onStall: () => connections.add('notReading'),
  }
  const answerOperator = operatorRoutes({ ...options, writing })
  const unknownCredentials = new WarnOnce()
  const foreignHosts = new WarnOnce()
  const answerSdk = async ({ target, request, response, observed }: RoutedRequest): Promise<void> => {
    const address = addressOf(target.path)
    observed.route = address.route
    const presented = presentedIn(address, request, target.query)
    const known = options.environments.withCredential(presented)
    applyCors(request, response, { address, cors: known?.owner.cors })
    if (isPreflight(request, address))
      return known || !isInPath(address) || !options.hasAllKeys()
        ? void response.writeHead(200, { 'content-length': 0 }).end()
        : refuseCredential(response, address)
    if (!address.methods.includes(request.method ?? ''))
      return refuse(response, 405, { allow: address.methods.join(', ') })
    if (presented.type === 'contradiction') return refuseOfrep(response, TWO_KEYS, address.key)
    // 503 makes SDKs retry. With a 401, official SDKs would give up permanently.
    if (closing.aborted || (!known && !options.hasAllKeys()))
      return refuse(response, 503, { 'retry-after': '1' })
    if (known) {
      const { owner, expired } = known
      // With any key, a page of any site could see all flags otherwise.
      const isPage = address.audience === 'any' && owner.config.acceptsAnyKey && request.headers.origin
      const credential = isPage ? ({ ...known.credential, audience: 'browser' } as const) : known.credential
      const { audience } = credential
      const { span } = observed
      observed.setClient(owner.config, audience)
      return owner.answer({ request, response, target, address, audience, credential, expired, span })
    }
    if (unknownCredentials.isFirst()) options.logger.warn(UNKNOWN_CREDENTIAL)
    refuseCredential(response, address)
  }
  const listenerFor = (scope: () => OperatorScope, answerOther: typeof answerSdk): RequestListener => {
    const route = async (routed: Omit<RoutedRequest, 'target'>): Promise<void> => {
      const target = readRequestTarget(routed.request)
      if (!target) return refuse(routed.response, 400)
      if (options.environments.acceptsAnyKey && !isForThisMachine(routed.request.headers.host)) {
        if (foreignHosts.isFirst()) options.logger.warn(FOREIGN_HOST)
        return refuseWithMessage(
          routed.response,
          403,
          'the Host header must name this machine, for example localhost',
        )
      }
      const { request, response, observed } = routed
      const withTarget = { request, response, observed, target }
      return answerOperator(scope(), withTarget) ?? answerOther(withTarget)
    }
    return (request, response) => {
      const observed = observe(request, response)
      route({ request, response, observed })
        .then(() => {
          observed.handled()
          // Refusals are written without a ResponseWriter, which would detect a client that does not read.
          if (response.writableEnded) destroyIfStalled(response, writing)
        })
        .catch((error: unknown) => {
          options.onError(error)
          response.destroy()
          observed.handled()
        })
    }
  }
  return {
    sdk: listenerFor(() => (options.config().admin ? 'probes' : 'all'), answerSdk),
    operators: listenerFor(() => 'all', answerNotFound),
    metrics: listenerFor(() => 'metrics', answerNotFound),
  }
}

async function answerNotFound({ response }: RoutedRequest): Promise<void> {
  refuse(response, 404)
}

/** The kinds of credential that an address accepts. */
const ACCEPTED: Readonly<Record<Address['audience'], string>> = {
  ...CREDENTIAL_NAMES,
  client: 'mobile key or client-side ID',
  any: 'SDK key, mobile key or client-side ID',
}

const TWO_KEYS = refused('two keys', 'the request has two different keys in Authorization and X-API-Key')

/** Returns true if the credential is a part of the path. A preflight has no other credential. */
function isInPath({ audience }: Address): boolean {
  return audience === 'browser'
}

/** Answers a request without a valid credential: 404 if the credential is a part of the path, otherwise 401. */
function refuseCredential(response: ServerResponse, address: Address): void {
  const { audience, key } = address
  const message = `the ${ACCEPTED[audience]} is missing or unknown`
  if (audience === 'any') refuseOfrep(response, refused('unknown key', message), key)
  else refuseWithMessage(response, isInPath(address) ? 404 : 401, message)
}
