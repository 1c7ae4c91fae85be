import type { ServerResponse } from 'node:http'
import type { Undo } from '../async/clock.ts'
import { refuse } from './respond.ts'
import type { TrafficCounter } from './traffic.ts'

interface AdmissionLimits {
  readonly maxConcurrent?: number
  readonly maxQueued?: number
}

export const DEFAULT_ADMISSION_LIMITS: Required<AdmissionLimits> = { maxConcurrent: 256, maxQueued: 10_000 }

interface Waiter {
  readonly admit: (release: Undo) => void
}

/** A FIFO semaphore with a bounded queue. It limits how many full payloads are sent at the same time. */
export class Admission {
  readonly #maxConcurrent: number
  readonly #maxQueued: number
  readonly #queue = new Set<Waiter>()
  #active = 0

  constructor(limits: AdmissionLimits = {}) {
    const { maxConcurrent, maxQueued } = { ...DEFAULT_ADMISSION_LIMITS, ...limits }
    this.#maxConcurrent = maxConcurrent
    this.#maxQueued = maxQueued
  }

  /** Resolves with a function that releases the place, or with undefined if the queue is full or the signal aborted. */
  acquire(signal: AbortSignal): Promise<Undo | undefined> {
    if (signal.aborted) return Promise.resolve(undefined)
    if (this.#active < this.#maxConcurrent) return Promise.resolve(this.#take())
    if (this.#queue.size >= this.#maxQueued) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const leaveQueue = (): void => {
        this.#queue.delete(waiting)
        resolve(undefined)
      }
      const waiting: Waiter = {
        admit: (release) => {
          signal.removeEventListener('abort', leaveQueue)
          resolve(release)
        },
      }
      signal.addEventListener('abort', leaveQueue)
      this.#queue.add(waiting)
    })
  }

  #take(): Undo {
    this.#active++
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#active--
      const [first] = this.#queue
      if (!first) return
      this.#queue.delete(first)
      first.admit(this.#take())
    }
  }
}

/**
 * Waits until a full payload may be sent. Resolves with a function that releases the place, which also happens when the
 * response closes. If the queue is full, answers 503 and resolves with undefined. Also resolves with undefined if the client
 * has left.
 */
export async function admit(
  admission: Admission,
  response: ServerResponse,
  traffic: TrafficCounter,
): Promise<Undo | undefined> {
  const gone = new AbortController()
  if (response.destroyed) return undefined
  response.on('close', () => gone.abort())
  const release = await admission.acquire(gone.signal)
  if (gone.signal.aborted) {
    // If clients that share a connection leave together, the place of one may have passed to another.
    release?.()
    return undefined
  }
  if (release) {
    response.on('close', release)
    return release
  }
  traffic.add({ refusedRequests: 1 })
  refuse(response, 503, { 'retry-after': '2' })
  return undefined
}
