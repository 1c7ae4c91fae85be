import type { Surface, Surroundings } from '../operation/surface.ts'
import { StatusFeed } from './status-feed.ts'

/** `/status/events`: how the relay does, as it changes; what the page shows. */
export function statusEvents(surroundings: Surroundings): Surface {
  const feed = new StatusFeed(surroundings)
  return (_request, response) => feed.serve(response)
}
