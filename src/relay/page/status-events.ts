import type { StreamSurface, Surroundings } from '../operation/surface.ts'
import { StatusFeed } from './status-feed.ts'

/** `/status/events`: how the relay does, as it changes; what the page shows. */
export function statusEvents(surroundings: Surroundings): StreamSurface {
  const feed = new StatusFeed(surroundings)
  return (response) => feed.serve(response)
}
