import { say } from './say.ts'
import type { Surface } from './surface.ts'

/** `/readyz`: 200 when every environment has something to serve, otherwise 503. */
export const ready: Surface = (_request, response, { view }) => {
  const waiting = view().environments.filter(({ serving }) => serving === 'nothing')
  const isReady = waiting.length === 0
  say(response, isReady ? 200 : 503, {
    status: isReady ? 'ready' : 'not ready',
    waiting: waiting.map(({ name }) => name),
  })
}
