import { isUtf8 } from 'node:buffer'
import type { Clock } from '../../async/clock.ts'
import { type Context, readContext } from '../../evaluation/context.ts'
import { isJsonObject, type JsonObject, tryParse } from '../../model/json.ts'
import { isTextTooDeep } from '../../model/nesting.ts'
import type { HttpAnswer } from '../../server/event-stream.ts'
import { ByteBudget, readBody } from '../client-side/request-body.ts'
import { type DataEndpoint, type DataRequest, jsonAnswer } from '../endpoint.ts'
import { evaluateFlags, explainFlag } from './explaining.ts'
import type { FlagsReader } from './flags-reader.ts'
import { MAX_ROWS } from './queries.ts'

const MAX_BODY_BYTES = 1_024 * 1_024
const JSON_TYPE = /^application\/json\s*(?:;|$)/i

/** A request that cannot be answered, with the member of the body that is wrong. */
class ExplainError extends Error {
  readonly status: number
  readonly field: string

  constructor(status: number, field: string, message: string) {
    super(message)
    this.status = status
    this.field = field
  }
}

interface Wanted {
  readonly reader: FlagsReader
  readonly context: Context
  /** The flag to explain, or the flags to evaluate. */
  readonly flags: string | readonly string[]
}

export interface ExplainOptions {
  readonly flagsOf: (environment: string) => FlagsReader | undefined
  readonly clock: Clock
  /** Runs work when its turn comes. */
  readonly inTurn: (work: () => Promise<HttpAnswer>, gone: AbortSignal) => Promise<HttpAnswer>
}

/**
 * `POST /page/explain` with the JSON object `{ environment, context, flag }` explains the evaluation of a flag. With `flags`, a list
 * of keys, it answers the values of these flags with their reasons.
 */
export function explainEndpoint({ flagsOf, clock, inTurn }: ExplainOptions): DataEndpoint {
  // Bodies are read before the turn, because a client may send slowly.
  const memory = new ByteBudget(8 * MAX_BODY_BYTES)
  return async (request) => {
    try {
      const wanted = readWanted(await readObject(request, memory), flagsOf)
      return await inTurn(
        async () => jsonAnswer(200, await answerTo(wanted, { clock, signal: request.gone })),
        request.gone,
      )
    } catch (error) {
      if (!(error instanceof ExplainError)) throw error
      return jsonAnswer(error.status, { error: error.message, field: error.field })
    }
  }
}

async function readObject({ request }: DataRequest, memory: ByteBudget): Promise<JsonObject> {
  const fail = (status: number, message: string): never => {
    throw new ExplainError(status, 'body', message)
  }
  // A form of another site can send other types without asking first.
  if (!JSON_TYPE.test(request.headers['content-type'] ?? ''))
    return fail(415, 'the Content-Type of the body must be application/json')
  const body = await readBody(request, { maxBytes: MAX_BODY_BYTES, memory })
  switch (body.type) {
    case 'body': {
      const text = isUtf8(body.bytes) ? body.bytes.toString() : ''
      if (isTextTooDeep(text)) return fail(400, 'the body is nested too deep')
      const value = tryParse(text)
      return isJsonObject(value) ? value : fail(400, 'the body is not a JSON object')
    }
    case 'too long':
      return fail(413, `the body is longer than ${MAX_BODY_BYTES} bytes`)
    case 'busy':
      return fail(503, 'too many requests with bodies are in progress')
    case 'gone':
      return fail(400, 'the body is incomplete')
    default:
      return body satisfies never
  }
}

function readWanted(body: JsonObject, flagsOf: ExplainOptions['flagsOf']): Wanted {
  const { environment, context, flag, flags = flag } = body
  if (typeof environment !== 'string') throw new ExplainError(400, 'environment', 'environment is not a text')
  const reader = flagsOf(environment)
  if (!reader) throw new ExplainError(404, 'environment', 'unknown environment')
  if (context === undefined) throw new ExplainError(400, 'context', 'The context is missing')
  const read = readContext(context)
  if (typeof read === 'string') throw new ExplainError(400, 'context', read)
  if (typeof flags === 'string') return { reader, context: context as Context, flags }
  const isList =
    Array.isArray(flags) && flags.length <= MAX_ROWS && flags.every((key) => typeof key === 'string')
  if (!isList)
    throw new ExplainError(
      400,
      'flag',
      `neither flag is a text nor flags a list of at most ${MAX_ROWS} texts`,
    )
  return { reader, context: context as Context, flags }
}

async function answerTo(
  { reader, context, flags }: Wanted,
  slices: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<object> {
  const snapshot = reader.snapshot()
  if (!snapshot) throw new ExplainError(503, 'environment', 'the environment has no data yet')
  const subject = { reader, snapshot, context }
  if (typeof flags !== 'string') return evaluateFlags(subject, flags, slices)
  if (!snapshot.flags.has(flags)) throw new ExplainError(404, 'flag', 'there is no flag with this key')
  return explainFlag(subject, flags)
}
