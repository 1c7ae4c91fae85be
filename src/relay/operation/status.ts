import type { RelayView } from '../view.ts'
import { readExpectations } from './expect/read-expectations.ts'
import { refusal, type Verdict, verdictOn } from './expect/verdict.ts'
import { findEnvironment } from './find-environment.ts'
import { say } from './say.ts'
import { environmentStatus, statusDocument } from './status-document.ts'
import { DOCUMENT_FIELDS, ENVIRONMENT_FIELDS, type Field } from './status-fields.ts'
import type { Surface } from './surface.ts'

/** Below it each environment has its own. */
export const STATUS_PATH = '/status'

/** A document, and all that may be asked of it. */
interface Page {
  readonly document: object
  readonly fields: Field
}

/**
 * `/status`, and `/status/NAME` for one environment: how each does, in the words of LaunchDarkly's Relay Proxy. With
 * `?expect=path=value` the answer is whether that is so: 200, 412 if not, 422 if nobody can say, 400 if it is no question.
 */
export const status: Surface = ({ path, query }, response, { view, config }) => {
  const page = pageAt(path, view(), config().disconnectedStatusMs)
  if (!page) return say(response, 404, { error: 'there is no such environment' })
  const verdict = verdictIn(query, page)
  say(response, verdict?.code ?? 200, verdict?.body ?? page.document)
}

function pageAt(path: string, view: RelayView, disconnectedStatusMs: number): Page | undefined {
  if (path === STATUS_PATH) {
    return { document: statusDocument(view, disconnectedStatusMs), fields: DOCUMENT_FIELDS }
  }
  const environment = findEnvironment(view, path.slice(STATUS_PATH.length + 1))
  if (!environment) return undefined
  return {
    document: environmentStatus(environment, view, disconnectedStatusMs),
    fields: ENVIRONMENT_FIELDS,
  }
}

function verdictIn(query: string, { document, fields }: Page): Verdict | undefined {
  const expectations = readExpectations(query)
  if ('problem' in expectations) return refusal(expectations.problem)
  const { clauses } = expectations
  return clauses.length === 0 ? undefined : verdictOn(clauses, document, fields)
}
