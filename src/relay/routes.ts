import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from '../model/logger.ts'
import { refuse } from '../server/refuse.ts'
import type { Environment } from './environment.ts'
import type { Surroundings } from './operation/surface.ts'
import { SURFACES } from './operation/surfaces.ts'

export interface RoutesOptions extends Surroundings {
  readonly environments: Iterable<Environment>
  readonly logger: Logger
  readonly onError: (error: unknown) => void
}

const STRANGER = 'a request came with a key of no environment, or without one, and was refused'

/** Everything the relay answers: what is said of it to operators, and what each environment says to SDKs. */
export function routes(options: RoutesOptions): RequestListener {
  let strangers = false
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = URL.parse(request.url ?? '', 'http://relay')?.pathname
    if (path === undefined) return refuse(response, 400)
    if (request.method !== 'GET') return refuse(response, 405, { allow: 'GET' })
    const surface = SURFACES.get(path)
    if (surface) return surface(request, response, options)
    const environment = findEnvironment(options.environments, request.headers.authorization)
    if (environment) return environment.answer(path, request, response)
    if (!strangers) options.logger.warn(`${STRANGER}; it is not said again`)
    strangers = true
    refuse(response, 401)
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
