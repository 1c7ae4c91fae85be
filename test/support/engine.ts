import { onTestFinished } from 'vitest'
import type { ConnectionOptions, DataSystemConfig } from '../../src/config/config.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { Timings } from '../../src/datasystem/parts.ts'
import type { ChangedKeys, Sink } from '../../src/model/change-set.ts'
import type { DataSourceStatus } from '../../src/model/status.ts'
import { SHORT_TIMINGS } from '../../src/testing/short-timings.ts'
import { waitUntil } from './origin.ts'

export const SDK_KEY = 'sdk-test-0b5e'

export interface EngineOptions extends Omit<ConnectionOptions, 'timings'> {
  readonly plan?: DataSystemConfig
  readonly timings?: Partial<Timings>
  readonly sinks?: readonly Sink[]
}

/** A data system with real time and real sockets, and a record of its status. */
export class Engine {
  readonly system: DataSystem
  readonly log: string[] = []
  readonly statuses: DataSourceStatus[] = []
  readonly changes: ChangedKeys[] = []

  constructor({ plan = presets.default(), timings, sinks = [], ...options }: EngineOptions) {
    const write =
      (level: string) =>
      (message: string): void => {
        this.log.push(`${level}: ${message}`)
      }
    const common = {
      logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      random: () => 0,
      timings: { ...SHORT_TIMINGS, ...timings },
    }
    this.system = createDataSystem(SDK_KEY, plan, { ...common, ...options }, sinks)
    this.statuses.push(this.system.status.current)
    this.system.on('status', (status) => this.statuses.push(status))
    this.system.on('change', (keys) => this.changes.push(keys))
  }

  /** State and source after each change, from the first source on. */
  get transitions(): readonly string[] {
    return this.statuses
      .filter(({ source }) => source !== undefined)
      .map(({ state, source }) => `${state} ${source}`)
      .filter((line, index, lines) => line !== lines[index - 1])
  }

  /** Resolves when the condition is met; checked after each change of data or status. */
  until(holds: (system: DataSystem) => boolean, what: string): Promise<void> {
    const { system } = this
    const describe = (): string =>
      `${what}; status ${JSON.stringify(system.status.current)}; log:\n${this.log.slice(-20).join('\n')}`
    return waitUntil(
      () => holds(system),
      describe,
      (look) => {
        const undo = [system.on('status', look), system.on('change', look)]
        return () => {
          for (const off of undo) off()
        }
      },
    )
  }

  /** Resolves when the flag is served with this version. */
  serves(key: string, version: number): Promise<void> {
    return this.until((system) => system.flag(key)?.version === version, `${key} ${version}`)
  }

  /** Resolves when the most recent failure is of this kind. */
  fails(kind: string): Promise<void> {
    return this.until(({ status }) => status.current.lastError?.kind === kind, `an error ${kind}`)
  }

  /** Resolves when the status is `valid` by this source. */
  follows(source: string): Promise<void> {
    return this.until(
      ({ status }) => status.current.state === 'valid' && status.current.source === source,
      `valid ${source}`,
    )
  }
}

/** Opens a data system, which is closed at the end of the test. */
export function startEngine(options: EngineOptions): Engine {
  const engine = new Engine(options)
  onTestFinished(() => engine.system.close())
  return engine
}
