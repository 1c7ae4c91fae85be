import type { DataSystemConfig } from '../../src/config/config.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { Initializer } from '../../src/initializers/initializer.ts'
import type { Logger } from '../../src/model/logger.ts'
import type { Synchronizer } from '../../src/synchronizers/synchronizer.ts'
import { type Step, scriptedSource } from '../../src/testing/scripted-source.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

/** A data system with virtual time, and a transcript of its events. */
export class Story {
  readonly clock = new VirtualClock()
  readonly transcript: string[] = []
  readonly warnings: string[] = []

  /** Creates a source with one script for each opening. Openings and closings are recorded. */
  source(name: string, ...openings: (readonly Step[])[]): Initializer & Synchronizer {
    return this.scoped(name, undefined, ...openings)
  }

  scoped(
    name: string,
    selectorScope: string | undefined,
    ...openings: (readonly Step[])[]
  ): Initializer & Synchronizer {
    return scriptedSource({
      name,
      clock: this.clock,
      openings,
      ...(selectorScope && { selectorScope }),
      onOpen: (basis) => this.write(`open ${name}${basis ? ` at ${basis.state}` : ''}`),
      onClose: () => this.write(`close ${name}`),
    })
  }

  /** Starts a data system with these sources. Changes of its status are recorded. */
  start(plan: Partial<DataSystemConfig>): DataSystem {
    const { clock } = this
    const dataSystem = createDataSystem(
      'sdk-key',
      { initializers: [], synchronizers: [], ...plan },
      { clock, random: () => 0, logger: this.#logger() },
    )
    let last = ''
    dataSystem.on('status', ({ state, source }) => {
      const line = `${state} ${source ?? ''}`.trim()
      if (line !== last) this.write(line)
      last = line
    })
    return dataSystem
  }

  /** Adds a line, with the time in seconds. */
  write(line: string): void {
    this.transcript.push(`${(this.clock.monotonic() / 1000).toFixed(0)}s ${line}`)
  }

  #logger(): Logger {
    return {
      debug() {},
      info() {},
      warn: (message) => this.warnings.push(message),
      error: (message) => this.warnings.push(message),
    }
  }
}
