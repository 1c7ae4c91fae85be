import type { BigSegmentPatch } from '../../model/big-segment-patch.ts'
import { HalyardError } from '../../model/errors.ts'

/** The source of patches. Its calls reject with a {@link ServiceError}, and end when the signal aborts. */
export interface BigSegmentService {
  /** Returns patches after a version, or the first ones; none if the version is the latest. */
  patchesAfter(version: string | undefined, signal: AbortSignal): Promise<readonly BigSegmentPatch[]>
  /** Opens the stream of later patches. Resolves when the service has accepted the request. */
  open(signal: AbortSignal): Promise<AsyncIterable<readonly BigSegmentPatch[]>>
}

/** A failed request for big segments. */
export class ServiceError extends HalyardError {
  /** `permanent`: the service refuses the request, and would refuse it again. */
  readonly kind: 'temporary' | 'permanent'
  /** The delay that the service asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(kind: ServiceError['kind'], message: string, retryAfterMs?: number) {
    super('BIG_SEGMENTS', message)
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}
