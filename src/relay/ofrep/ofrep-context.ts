import { isUtf8 } from 'node:buffer'
import { readContext } from '../../evaluation/context.ts'
import { toContext } from '../../evaluation/openfeature-context.ts'
import { contextFailure } from '../../evaluation/openfeature-result.ts'
import { isJsonObject, type JsonObject, tryParse } from '../../model/json.ts'
import { isTextTooDeep, MAX_NESTING } from '../../model/nesting.ts'
import { contextOf, type ReadContext, type Refused, refused } from '../client-side/request-context.ts'

/** The two places of a request in which a context may be. */
export interface OfrepInput {
  /** The JSON of the body. */
  readonly body: string
  /** The value of the header that the option `ofrepContextHeader` names, as Node.js has it. Absent without the option. */
  readonly header?: string | undefined
}

const BASE64 = /^[\w+/-]+={0,2}$/

/** Reads the context of an evaluation. Of each kind of context, the members in the header replace those in the body. */
export function readOfrepContext({ body, header }: OfrepInput): ReadContext | Refused {
  const given = contextInBody(body)
  if (given.type === 'refused') return given
  if (header === undefined) return toReadContext(given.context)
  const trusted = contextInHeader(header)
  return trusted.type === 'refused' ? trusted : toReadContext(merge(given.context, trusted.context))
}

/** A context as it was sent. Kept apart from the tag, because a context may have any members. */
interface Given {
  readonly type: 'given'
  readonly context: JsonObject
}

function toReadContext(given: JsonObject): ReadContext | Refused {
  // Clients send any context, so a warning for each mistake would flood the log.
  const context = toContext(given, () => {})
  const prepared = readContext(context)
  if (typeof prepared !== 'string') return contextOf(prepared)
  const { code, message } = contextFailure(context)
  return code === 'TARGETING_KEY_MISSING' ? refused('no key', message) : refused('invalid', prepared)
}

function contextInBody(body: string): Given | Refused {
  if (isTextTooDeep(body)) return refused('malformed', `the body is nested deeper than ${MAX_NESTING} levels`)
  const parsed = tryParse(body)
  if (!isJsonObject(parsed)) return refused('malformed', 'the body is not a JSON object')
  const { context = {} } = parsed
  return isJsonObject(context)
    ? { type: 'given', context }
    : refused('invalid', 'the context is not an object')
}

function contextInHeader(header: string): Given | Refused {
  // Node.js decodes the bytes of a header as Latin-1.
  const bytes = BASE64.test(header) ? Buffer.from(header, 'base64') : Buffer.from(header, 'latin1')
  const text = isUtf8(bytes) ? bytes.toString() : ''
  if (isTextTooDeep(text))
    return refused('invalid', `the context header is nested deeper than ${MAX_NESTING} levels`)
  const parsed = tryParse(text)
  return isJsonObject(parsed)
    ? { type: 'given', context: parsed }
    : refused('invalid', 'the context header is neither a JSON object nor its Base64')
}

/** Contexts by their kind. */
type Parts = ReadonlyMap<string, JsonObject>

/** A client could avoid the header by another kind of context if the contexts were merged as a whole. */
function merge(given: JsonObject, trusted: JsonObject): JsonObject {
  const parts = new Map(partsOf(given))
  for (const [kind, part] of partsOf(trusted)) parts.set(kind, mergePart(parts.get(kind), part))
  return { ...Object.fromEntries(parts), kind: 'multi' }
}

function mergePart(given: JsonObject = {}, trusted: JsonObject): JsonObject {
  const { targetingKey, key, ...attributes } = given
  // A client could avoid a `key` by a `targetingKey`, which takes precedence.
  const hasKey = [trusted.targetingKey, trusted.key].some(isText)
  const merged = { ...attributes, ...trusted }
  return hasKey ? merged : { ...merged, targetingKey: [targetingKey, key].find(isText) }
}

function partsOf(context: JsonObject): Parts {
  const { kind, ...members } = context
  if (kind !== 'multi') return new Map([[isText(kind) ? kind : 'user', members]])
  const parts = Object.entries(members).filter((entry): entry is [string, JsonObject] =>
    isJsonObject(entry[1]),
  )
  return new Map(parts)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
