import type { EvaluationSeriesData, Hook } from '../../src/index.ts'
import type { HookParams } from './create-request.ts'
import type { Outbox } from './outbox.ts'

type Stage = 'beforeEvaluation' | 'afterEvaluation' | 'afterTrack'

/** A hook that reports each stage, and adds data or throws as configured. */
export function callbackHook({ name, callbackUri, data, errors }: HookParams, outbox: Outbox): Hook {
  const report = (stage: Stage, content: object): void => {
    const message = errors[stage]
    if (message) throw new Error(message)
    outbox.post(callbackUri, { stage, ...content })
  }
  const enter = (stage: Stage, given: EvaluationSeriesData, content: object): EvaluationSeriesData => {
    report(stage, { evaluationSeriesData: given, ...content })
    return { ...given, ...data[stage] }
  }
  return {
    getMetadata: () => ({ name }),
    beforeEvaluation: (evaluationSeriesContext, given) =>
      enter('beforeEvaluation', given, { evaluationSeriesContext }),
    afterEvaluation: (evaluationSeriesContext, given, evaluationDetail) =>
      enter('afterEvaluation', given, { evaluationSeriesContext, evaluationDetail }),
    afterTrack: (trackSeriesContext) => report('afterTrack', { trackSeriesContext }),
  }
}
