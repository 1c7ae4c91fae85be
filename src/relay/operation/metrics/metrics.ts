import type { Surface } from '../surface.ts'
import { EXPOSITION_TYPE, exposition } from './exposition.ts'
import { METRICS } from './table.ts'

/** `/metrics`: everything that is measured, as Prometheus reads it. No key is in it, not even a masked one. */
export const metrics: Surface = (_request, response, { view, config }) => {
  const look = { view: view(), disconnectedStatusMs: config().disconnectedStatusMs }
  const bytes = Buffer.from(exposition(METRICS, look))
  const headers = {
    'content-type': EXPOSITION_TYPE,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': bytes.length,
  }
  response.writeHead(200, headers).end(bytes)
}
