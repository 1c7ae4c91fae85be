import { health } from './health.ts'
import { ready } from './ready.ts'
import { status } from './status.ts'
import type { Surface } from './surface.ts'

/** What operators may ask, by path. */
export const SURFACES: ReadonlyMap<string, Surface> = new Map([
  ['/healthz', health],
  ['/readyz', ready],
  ['/status', status],
])
