import { type DocumentEndpoint, jsonAnswer } from '../endpoint.ts'
import type { EnvironmentView } from '../view.ts'
import { type EnvironmentVerdict, judgeEnvironment } from './verdict.ts'

export const ENVIRONMENT_DETAILS_PATH = '/page/environment'

/** The body of an answer: everything that the page shows of an environment. */
export interface EnvironmentDetails {
  readonly now: number
  readonly verdict: EnvironmentVerdict
  readonly environment: EnvironmentView
}

const UNKNOWN = jsonAnswer(404, { error: 'unknown environment' })

/** `/page/environment?name=NAME`: the state of one environment, by its name in the configuration. */
export const environmentDetails: DocumentEndpoint = ({ query }, state) => {
  const name = new URLSearchParams(query).get('name')
  const { now, environments } = state().view
  const environment = environments.find((each) => each.name === name)
  if (!environment) return UNKNOWN
  const details: EnvironmentDetails = { now, verdict: judgeEnvironment(environment, now), environment }
  return jsonAnswer(200, details)
}
