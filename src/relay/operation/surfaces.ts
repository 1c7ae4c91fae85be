import { page } from '../page/page.ts'
import { statusEvents } from '../page/status-events.ts'
import { health } from './health.ts'
import { metrics } from './metrics/metrics.ts'
import { ready } from './ready.ts'
import { STATUS_PATH, status } from './status.ts'
import type { DocumentSurface, Surface, Surroundings } from './surface.ts'

/** What operators may ask of one relay, by path. */
export function surfacesOf(surroundings: Surroundings): (path: string) => Surface | undefined {
  const surfaces: ReadonlyMap<string, Surface> = new Map([
    ['/', documentOf(page)],
    ['/healthz', documentOf(health)],
    ['/metrics', documentOf(metrics)],
    ['/readyz', documentOf(ready)],
    [STATUS_PATH, documentOf(status)],
    [`${STATUS_PATH}/events`, { type: 'stream', serve: statusEvents(surroundings) }],
  ])
  const environmentStatus = documentOf(status)
  return (path) => surfaces.get(path) ?? (path.startsWith(`${STATUS_PATH}/`) ? environmentStatus : undefined)
}

function documentOf(answer: DocumentSurface): Surface {
  return { type: 'document', answer }
}
