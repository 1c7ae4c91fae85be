import { afterEach, beforeEach, expect } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'

/** Makes each test of a file fail that causes an unhandled rejection or an uncaught exception. */
export function failOnUnhandledErrors(): void {
  const errors: unknown[] = []
  const record = (error: unknown): void => void errors.push(error)
  beforeEach(() => {
    errors.length = 0
    process.on('unhandledRejection', record).on('uncaughtException', record)
  })
  afterEach(async () => {
    await settle()
    process.off('unhandledRejection', record).off('uncaughtException', record)
    expect(errors).toEqual([])
  })
}

/** Runs the event loop until pending callbacks without a timer have run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await systemClock.breathe()
}
