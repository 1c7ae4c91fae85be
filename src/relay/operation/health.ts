import { say } from './say.ts'
import type { Surface } from './surface.ts'

/** `/healthz`: the process is alive and answers. */
export const health: Surface = (_request, response) => say(response, 200, { status: 'ok' })
