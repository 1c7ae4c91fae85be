import type { ServerResponse } from 'node:http'
import type { Undo } from '../async/clock.ts'
import type { Admission } from './admission.ts'
import { refuse } from './refuse.ts'
import type { TrafficCounter } from './traffic.ts'

/**
 * Waits until a whole payload may go out. Resolves with what lets the next one in, which happens by itself when the
 * response is over; with undefined when the client was told to come again, or has left.
 */
export async function admit(
  admission: Admission,
  response: ServerResponse,
  traffic: TrafficCounter,
): Promise<Undo | undefined> {
  const gone = new AbortController()
  if (response.destroyed) return undefined
  response.on('close', () => gone.abort())
  const leave = await admission.enter(gone.signal)
  if (gone.signal.aborted) {
    // Several that share a connection leave together: the turn of one may come by the leaving of another.
    leave?.()
    return undefined
  }
  if (leave) {
    response.on('close', leave)
    return leave
  }
  traffic.add({ turnedAway: 1 })
  refuse(response, 503, { 'retry-after': '2' })
  return undefined
}
