import { commandRequest } from './command-request.ts'
import { createRequest } from './create-request.ts'
import { decode } from './decode.ts'
import { description } from './description.ts'
import type { Write } from './log.ts'
import { ServiceError } from './service-error.ts'
import type { Sessions } from './sessions.ts'
import { startSession } from './start-session.ts'

/** A request to the service with an undecoded body. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: string
}

export interface Reply {
  readonly status: number
  readonly location?: string
  /** Body, sent as JSON. */
  readonly content?: object
  /** True if the service ends after the answer. */
  readonly last?: true
}

const CLIENT = /^\/clients\/(\d+)$/

const DONE: Reply = { status: 204 }

/** Handles a request. Throws a {@link ServiceError} for a request that cannot be handled. */
export function route(asked: Asked, sessions: Sessions, write: Write): Promise<Reply> {
  const id = CLIENT.exec(asked.path)?.[1]
  if (id !== undefined) return routeOfClient(asked, id, sessions)
  if (asked.path === '/') return routeOfService(asked, sessions, write)
  throw new ServiceError(404, `there is nothing at ${asked.path}`)
}

async function routeOfService({ method, body }: Asked, sessions: Sessions, write: Write): Promise<Reply> {
  switch (method) {
    case 'GET':
      return { status: 200, content: description() }
    case 'POST': {
      const session = await startSession(decode(createRequest, body), write)
      return { status: 201, location: `/clients/${sessions.add(session)}` }
    }
    case 'DELETE':
      return { ...DONE, last: true }
    default:
      throw new ServiceError(405, `the service is not to be asked by ${method}`)
  }
}

async function routeOfClient({ method, body }: Asked, id: string, sessions: Sessions): Promise<Reply> {
  switch (method) {
    case 'POST': {
      const content = await sessions.get(id).run(decode(commandRequest, body))
      return content ? { status: 200, content } : DONE
    }
    case 'DELETE':
      await sessions.close(id)
      return DONE
    default:
      throw new ServiceError(405, `a client is not to be asked by ${method}`)
  }
}
