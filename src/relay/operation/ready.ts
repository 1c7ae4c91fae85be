import { shortcomings } from './readiness.ts'
import { say } from './say.ts'
import type { Surface } from './surface.ts'

/**
 * `/readyz`: 200 when every environment has what the configuration requires, otherwise 503 with those that do not, and why.
 * 503 also from the moment the relay shuts down, so that nobody is sent to it any more.
 */
export const ready: Surface = (_request, response, { view, config, closing }) => {
  if (closing.aborted) return say(response, 503, { status: 'closing' })
  const { ready: policy, disconnectedStatusMs } = config()
  const { environments, now } = view()
  const failing = environments
    .map((each) => [each.name, shortcomings(each, { policy, disconnectedStatusMs, now })] as const)
    .filter(([, fails]) => Object.keys(fails).length > 0)
  if (failing.length === 0) return say(response, 200, { status: 'ready' })
  say(response, 503, { status: 'not ready', failing: Object.fromEntries(failing) })
}
