import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type { SourceResult } from '../model/source-result.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import type { Selector } from '../selector/selector.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'

/** What a source says, and how long after its last word; `end` makes it finish instead of waiting for more. */
export type Step = readonly [delayMs: number, result: SourceResult] | 'end'

export interface ScriptedSourceOptions {
  readonly name: string
  readonly clock: Clock
  readonly selectorScope?: string
  /** One script for each time the source is opened; the last serves for every time after. */
  readonly openings: readonly (readonly Step[])[]
  /** Told when the source is opened, and when it is closed. */
  readonly onOpen?: (basis: Selector | undefined) => void
  readonly onClose?: () => void
}

const NAMES = ['name', 'clock', 'selectorScope', 'openings', 'onOpen', 'onClose']

/** A source of either kind that follows a script. */
export function scriptedSource(options: ScriptedSourceOptions): Initializer & Synchronizer {
  refuseUnknownNames('scriptedSource', options, NAMES)
  const { name, clock, openings, selectorScope, onOpen, onClose } = options
  let opened = 0
  async function* run(basis: Selector | undefined, signal: AbortSignal): AsyncGenerator<SourceResult> {
    const script = openings[Math.min(opened++, openings.length - 1)] ?? []
    onOpen?.(basis)
    try {
      for (const step of script) {
        if (step === 'end') return
        const [delayMs, result] = step
        await sleep(clock, delayMs, signal)
        if (signal.aborted) return
        yield result
      }
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
    } finally {
      onClose?.()
    }
  }
  return { name, fetch: run, sync: run, ...(selectorScope !== undefined && { selectorScope }) }
}
