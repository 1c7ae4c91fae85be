import { callSafely } from './call-safely.ts'
import { type Clock, systemClock } from './clock.ts'

/**
 * Guards a clock that an application passed in, so that it never throws. If the given clock throws or returns a value
 * of the wrong type, the system clock is used for that call; `monotonic` continues from its last value.
 *
 * @param onError - receives each such failure.
 */
export function guardedClock(given: Clock, onError: (error: unknown) => void): Clock {
  const failed = (method: keyof Clock): void => onError(`${method} returned a value of the wrong type`)
  let aheadMs = 0
  return {
    now() {
      const now = callSafely(() => given.now(), onError)
      if (Number.isFinite(now)) return now as number
      failed('now')
      return systemClock.now()
    },
    monotonic() {
      const system = systemClock.monotonic()
      const monotonic = callSafely(() => given.monotonic(), onError)
      if (!Number.isFinite(monotonic)) {
        failed('monotonic')
        return system + aheadMs
      }
      aheadMs = (monotonic as number) - system
      return monotonic as number
    },
    after(ms, wake) {
      let isDue = true
      let isArming = true
      const once = (): void => {
        // Callers do not expect to be called before `after` has returned.
        if (isArming) systemClock.breathe().then(once, once)
        else if (isDue) {
          isDue = false
          wake()
        }
      }
      const undo = callSafely(() => given.after(ms, once), onError)
      isArming = false
      if (typeof undo !== 'function') failed('after')
      const disarm = typeof undo === 'function' ? undo : systemClock.after(ms, once)
      return () => {
        isDue = false
        callSafely(disarm, onError)
      }
    },
    hold() {
      const release = callSafely(() => given.hold(), onError)
      if (typeof release === 'function') return () => callSafely(release, onError)
      failed('hold')
      return systemClock.hold()
    },
    breathe() {
      const breath: unknown = callSafely(() => given.breathe(), onError)
      if (breath instanceof Promise) return breath.catch(() => systemClock.breathe())
      failed('breathe')
      return systemClock.breathe()
    },
  }
}

/** Guards a source of random numbers in [0, 1), so that it never throws: if `given` fails, it calls `otherwise`. */
export function guardedRandom(
  given: () => number,
  otherwise: () => number,
  onError: (error: unknown) => void,
): () => number {
  return () => {
    const value: unknown = callSafely(given, onError)
    if (typeof value === 'number' && value >= 0 && value < 1) return value
    onError('it did not return a number from 0 to less than 1')
    return otherwise()
  }
}
