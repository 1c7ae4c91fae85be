import { isJsonObject, type JsonObject, tryParse } from '../../model/json.ts'
import type { SseEvent } from '../../transport/sse.ts'

/** An event of the stream. Environments are unchecked. */
export type Message =
  | { readonly type: 'put'; readonly environments: JsonObject; readonly hasFilters: boolean }
  | { readonly type: 'patch'; readonly id: string; readonly rep: unknown }
  | { readonly type: 'delete'; readonly id: string; readonly version: unknown }
  | { readonly type: 'reconnect' }
  /** An event about a filter of payloads, which this relay does not have. */
  | { readonly type: 'filter' }
  /** The event has no effect. The reason contains no value of the service except its name and path. */
  | { readonly type: 'ignored'; readonly reason: string }
  /** The event is not what the protocol allows, so that the stream must be opened again. */
  | { readonly type: 'malformed'; readonly reason: string }

const ENVIRONMENT = /^\/environments\/([^/]+)$/
const FILTER = /^\/filters\//

/** Parses an event of the stream for automatic configuration. */
export function readMessage({ event, data }: SseEvent): Message {
  switch (event) {
    case 'reconnect':
      return { type: 'reconnect' }
    case 'put':
    case 'patch':
    case 'delete':
      return readChange(event, data)
    default:
      return { type: 'ignored', reason: `an unknown event ${shown(event)}` }
  }
}

function readChange(event: 'put' | 'patch' | 'delete', text: string): Message {
  const body = tryParse(text)
  if (!isJsonObject(body)) return { type: 'malformed', reason: `${event}: expected a JSON object` }
  const { path, data, version } = body
  if (typeof path !== 'string') return { type: 'malformed', reason: `${event}: expected a path` }
  if (event === 'put') return readPut(path, data)
  if (FILTER.test(path)) return { type: 'filter' }
  const [, id] = ENVIRONMENT.exec(path) ?? []
  if (id === undefined) return { type: 'ignored', reason: `${event}: an unknown path ${shown(path)}` }
  return event === 'patch' ? { type: 'patch', id, rep: data } : { type: 'delete', id, version }
}

function readPut(path: string, data: unknown): Message {
  if (path !== '/') return { type: 'ignored', reason: `put: an unknown path ${shown(path)}` }
  const { environments, filters } = isJsonObject(data) ? data : {}
  if (!isJsonObject(environments)) return { type: 'malformed', reason: 'put: expected environments' }
  return { type: 'put', environments, hasFilters: isJsonObject(filters) && Object.keys(filters).length > 0 }
}

const MAX_SHOWN = 100

function shown(text: string): string {
  return JSON.stringify(text.slice(0, MAX_SHOWN))
}
