import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type { SourceResult } from '../model/source-result.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import type { Selector } from '../selector/selector.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'

/**
 * One step of a scripted source: the delay after the previous result, in milliseconds, and the result. After `end` the
 * source ends; without it, the source stays open after its last result.
 */
export type Step = readonly [delayMs: number, result: SourceResult] | 'end'

/** Options of a scripted source. */
export interface ScriptedSourceOptions {
  /** Name of the source in the status and in log lines. */
  readonly name: string
  /** The clock for the delays of the steps. */
  readonly clock: Clock
  /** Scope of the selectors of the source. Default: the scope that the sources of a plan share. */
  readonly selectorScope?: string
  /** One script for each start of the source. The last one is repeated. */
  readonly openings: readonly (readonly Step[])[]
  /** Called with the basis when the source is started. Default: none. */
  readonly onOpen?: (basis: Selector | undefined) => void
  /** Called when the source has ended or is closed. Default: none. */
  readonly onClose?: () => void
}

const NAMES = ['name', 'clock', 'selectorScope', 'openings', 'onOpen', 'onClose']

/** Creates an initializer and synchronizer that yields the results of a script. */
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
