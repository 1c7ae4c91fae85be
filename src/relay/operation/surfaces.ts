import { page } from '../page/page.ts'
import { statusEvents } from '../page/status-events.ts'
import { health } from './health.ts'
import { metrics } from './metrics/metrics.ts'
import { ready } from './ready.ts'
import { STATUS_PATH, status } from './status.ts'
import type { Surface, Surroundings } from './surface.ts'

/** What operators may ask of one relay, by path. */
export function surfacesOf(surroundings: Surroundings): (path: string) => Surface | undefined {
  const surfaces: ReadonlyMap<string, Surface> = new Map([
    ['/', page],
    ['/healthz', health],
    ['/metrics', metrics],
    ['/readyz', ready],
    [STATUS_PATH, status],
    [`${STATUS_PATH}/events`, statusEvents(surroundings)],
  ])
  return (path) => surfaces.get(path) ?? (path.startsWith(`${STATUS_PATH}/`) ? status : undefined)
}
