import { type DocumentEndpoint, jsonAnswer } from '../endpoint.ts'
import type { EnvironmentView, RelayView } from '../view.ts'
import { environmentStatus, statusDocument } from './document.ts'
import { badQuery, type ExpectResponse, evaluateClauses, readExpectations } from './expect.ts'
import { DOCUMENT_FIELDS, ENVIRONMENT_FIELDS, type Field } from './fields.ts'
import { oncePerState, type RelayState } from './relay-state.ts'

export const STATUS_PATH = '/status'

interface StatusPart {
  readonly document: object
  readonly fields: Field
}

const UNKNOWN = jsonAnswer(404, { error: 'unknown environment' })

/**
 * `/status` and `/status/NAME`: the state of all environments or of one, in the format of LaunchDarkly's Relay Proxy. With
 * `?expect=path=value` it evaluates the clause: 200 if it is met, 412 if not, 422 if it is unsupported, 400 if it is malformed.
 */
export const status: DocumentEndpoint = ({ path, query }, state) => {
  const current = state()
  const page = pageAt(path, current)
  if (!page) return UNKNOWN
  const verdict = verdictIn(query, page)
  if (verdict) return jsonAnswer(verdict.code, verdict.body)
  return page.document === wholeDocument(current) ? wholeAnswer(current) : jsonAnswer(200, page.document)
}

const wholeDocument = oncePerState(({ view, config }) => statusDocument(view, config.disconnectedStatusMs))

const wholeAnswer = oncePerState((state) => jsonAnswer(200, wholeDocument(state)))

/** `/status` without environments, with the same assertions. It needs no login. */
export const briefStatus: DocumentEndpoint = ({ query }, state) => {
  const { status: summary } = wholeDocument(state())
  const document = { status: summary }
  const verdict = verdictIn(query, { document, fields: BRIEF_FIELDS })
  return verdict ? jsonAnswer(verdict.code, verdict.body) : jsonAnswer(200, document)
}

const BRIEF_FIELDS: Field = { type: 'object', members: { status: DOCUMENT_FIELDS.members.status } }

function pageAt(path: string, state: RelayState): StatusPart | undefined {
  if (path === STATUS_PATH) return { document: wholeDocument(state), fields: DOCUMENT_FIELDS }
  const { view, config } = state
  const environment = findEnvironment(view, path.slice(STATUS_PATH.length + 1))
  if (!environment) return undefined
  return {
    document: environmentStatus(environment, view, config.disconnectedStatusMs),
    fields: ENVIRONMENT_FIELDS,
  }
}

function verdictIn(query: string, { document, fields }: StatusPart): ExpectResponse | undefined {
  const expectations = readExpectations(query)
  if ('problem' in expectations) return badQuery(expectations.problem)
  const { clauses } = expectations
  return clauses.length === 0 ? undefined : evaluateClauses(clauses, document, fields)
}

/**
 * Returns the environment of a path below `/status`: `ENV` or `PROJECT/ENV`, where `ENV` is a name, an `envId` or the key of
 * automatic configuration. Names take precedence.
 */
export function findEnvironment(view: RelayView, path: string): EnvironmentView | undefined {
  const [first, second, ...more] = path.split('/').map(decodeURIComponent)
  if (first === undefined || more.length > 0) return undefined
  if (path.includes('/')) {
    const project = view.environments.filter(({ projKey }) => projKey === first)
    return second === undefined ? undefined : byNameOrId(project, second)
  }
  return byNameOrId(view.environments, first)
}

function byNameOrId(environments: readonly EnvironmentView[], wanted: string): EnvironmentView | undefined {
  return (
    environments.find(({ name }) => name === wanted) ??
    environments.find(({ envId, envKey }) => envId === wanted || envKey === wanted)
  )
}
