import { page } from '../page/page.ts'
import { statusEvents } from '../page/status-events.ts'
import { health } from './health.ts'
import { ready } from './ready.ts'
import { status } from './status.ts'
import type { Surface, Surroundings } from './surface.ts'

/** What operators may ask of one relay, by path. */
export function surfacesOf(surroundings: Surroundings): ReadonlyMap<string, Surface> {
  return new Map([
    ['/', page],
    ['/healthz', health],
    ['/readyz', ready],
    ['/status', status],
    ['/status/events', statusEvents(surroundings)],
  ])
}
