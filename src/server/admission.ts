import type { ServerResponse } from 'node:http'
import type { Undo } from '../async/clock.ts'
import { refuse } from './respond.ts'
import type { TrafficCounter } from './traffic.ts'

interface AdmissionLimits {
  /** How many whole payloads are under way at the same time. Default 256. */
  readonly maxConcurrent?: number
  /** How many more clients wait for their turn; whoever comes then is told to come again. Default 10,000. */
  readonly maxQueued?: number
}

export const DEFAULT_ADMISSION_LIMITS: Required<AdmissionLimits> = { maxConcurrent: 256, maxQueued: 10_000 }

interface Waiter {
  readonly enter: (leave: Undo) => void
}

/** Lets so many in at a time, the others in the order in which they came. */
export class Admission {
  readonly #maxConcurrent: number
  readonly #maxQueued: number
  readonly #queue = new Set<Waiter>()
  #inside = 0

  constructor(limits: AdmissionLimits = {}) {
    const { maxConcurrent, maxQueued } = { ...DEFAULT_ADMISSION_LIMITS, ...limits }
    this.#maxConcurrent = maxConcurrent
    this.#maxQueued = maxQueued
  }

  /** Resolves with what lets the next one in; `undefined`: the queue is too long, or the signal aborted. */
  acquire(signal: AbortSignal): Promise<Undo | undefined> {
    if (signal.aborted) return Promise.resolve(undefined)
    if (this.#inside < this.#maxConcurrent) return Promise.resolve(this.#open())
    if (this.#queue.size >= this.#maxQueued) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const leaveQueue = (): void => {
        this.#queue.delete(waiting)
        resolve(undefined)
      }
      const waiting: Waiter = {
        enter: (leave) => {
          signal.removeEventListener('abort', leaveQueue)
          resolve(leave)
        },
      }
      signal.addEventListener('abort', leaveQueue)
      this.#queue.add(waiting)
    })
  }

  #open(): Undo {
    this.#inside++
    let isInside = true
    return () => {
      if (!isInside) return
      isInside = false
      this.#inside--
      const [first] = this.#queue
      if (!first) return
      this.#queue.delete(first)
      first.enter(this.#open())
    }
  }
}

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
  const leave = await admission.acquire(gone.signal)
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
