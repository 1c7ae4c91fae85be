import { Admission } from '../../server/admission.ts'
import type { HttpAnswer } from '../../server/event-stream.ts'
import { type DataEndpoint, type EndpointContext, jsonAnswer } from '../endpoint.ts'
import { detailsOf } from './details.ts'
import { explainEndpoint } from './explain-endpoint.ts'
import type { FlagsReader } from './flags-reader.ts'
import { readItemQuery, readListQuery } from './queries.ts'
import { itemPage } from './rows.ts'

/** Each of these requests may search all flags of an environment, so only a few run at the same time. */
const LIMITS: ConstructorParameters<typeof Admission>[0] = { maxConcurrent: 2, maxQueued: 50 }

type Context = Pick<EndpointContext, 'flagsOf' | 'clock'>

/** The requests for the flags of an environment. */
export interface FlagEndpoints {
  readonly list: DataEndpoint
  readonly item: DataEndpoint
  readonly explain: DataEndpoint
}

export function flagEndpoints(context: Context): FlagEndpoints {
  const admission = new Admission(LIMITS)
  const inTurn = async (work: () => Promise<HttpAnswer>, gone: AbortSignal): Promise<HttpAnswer> => {
    const release = await admission.acquire(gone)
    if (!release) return BUSY
    try {
      return await work()
    } finally {
      release()
    }
  }
  const limited =
    (answer: DataEndpoint): DataEndpoint =>
    (request) =>
      inTurn(() => answer(request), request.gone)
  return {
    list: limited(listEndpoint(context)),
    item: limited(itemEndpoint(context)),
    explain: explainEndpoint({ ...context, inTurn }),
  }
}

const BUSY = problem(503, 'too many requests are in progress')
const NO_DATA = problem(503, 'the environment has no data yet')
const UNKNOWN_ENVIRONMENT = problem(404, 'unknown environment')

function listEndpoint({ flagsOf }: Context): DataEndpoint {
  return async ({ target, gone }) => {
    const query = readListQuery(target.query)
    if (query.type === 'bad') return problem(400, query.message)
    const { environment, filter, range } = query
    const reader = flagsOf(environment)
    if (!reader) return UNKNOWN_ENVIRONMENT
    const page = await itemPage(reader, filter, range, gone)
    return page ? jsonAnswer(200, { environment, ...page }) : NO_DATA
  }
}

function itemEndpoint({ flagsOf, clock }: Context): DataEndpoint {
  return async ({ target, gone }) => {
    const query = readItemQuery(target.query)
    if (query.type === 'bad') return problem(400, query.message)
    const reader: FlagsReader | undefined = flagsOf(query.environment)
    if (!reader) return UNKNOWN_ENVIRONMENT
    const details = await detailsOf(reader, query, { clock, signal: gone })
    if (details) return jsonAnswer(200, { environment: query.environment, ...details })
    return reader.snapshot() ? problem(404, `there is no ${query.kind} with this key`) : NO_DATA
  }
}

function problem(status: number, error: string): HttpAnswer {
  return jsonAnswer(status, { error })
}
