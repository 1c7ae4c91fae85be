import { jsonAnswer } from './operator-answer.ts'
import { shortcomings } from './readiness.ts'
import { oncePerState } from './relay-state.ts'
import type { DocumentSurface } from './surface.ts'

const CLOSING = jsonAnswer(503, { status: 'closing' })

/**
 * `/readyz`: 200 when every environment has what the configuration requires, otherwise 503 with those that do not, and why.
 * 503 also from the moment the relay is told to stop, so that load balancers stop sending clients to it.
 */
export const ready: DocumentSurface = (_target, state, leaving) =>
  leaving.aborted ? CLOSING : answerTo(state())

const answerTo = oncePerState(({ view, config }) => {
  const { ready: policy, disconnectedStatusMs } = config
  const { environments, now } = view
  const failing = environments
    .map((each) => [each.name, shortcomings(each, { policy, disconnectedStatusMs, now })] as const)
    .filter(([, fails]) => Object.keys(fails).length > 0)
  if (failing.length === 0) return jsonAnswer(200, { status: 'ready' })
  return jsonAnswer(503, { status: 'not ready', failing: Object.fromEntries(failing) })
})
