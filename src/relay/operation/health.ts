import { jsonAnswer } from './operator-answer.ts'
import type { DocumentSurface } from './surface.ts'

const ALIVE = jsonAnswer(200, { status: 'ok' })

/** `/healthz`: the process is alive and answers. */
export const health: DocumentSurface = () => ALIVE
