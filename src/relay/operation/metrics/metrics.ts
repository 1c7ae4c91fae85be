import { textAnswer } from '../operator-answer.ts'
import { oncePerState } from '../relay-state.ts'
import type { DocumentSurface } from '../surface.ts'
import { EXPOSITION_TYPE, exposition } from './exposition.ts'
import { METRICS } from './table.ts'

/** `/metrics`: everything that is measured, as Prometheus reads it. No key is in it, not even a masked one. */
export const metrics: DocumentSurface = (_target, state) => answerTo(state())

const answerTo = oncePerState(({ view, config: { disconnectedStatusMs } }) =>
  textAnswer(EXPOSITION_TYPE, exposition(METRICS, { view, disconnectedStatusMs })),
)
