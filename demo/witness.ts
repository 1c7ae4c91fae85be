import { systemClock } from '../src/async/clock.ts'
import type { DataSystem } from '../src/index.ts'
import type { Bridge } from './bridge.ts'
import type { FlagFile } from './flag-file.ts'
import { log, size } from './report.ts'

/** Longest time for each step, in milliseconds. */
const LIMIT_MS = 8_000

/** Prints the events of a data system, and fails if an expected one is missing. */
export class Witness {
  readonly #dataSystem: DataSystem
  readonly #file: FlagFile
  edits = 0

  constructor(dataSystem: DataSystem, file: FlagFile) {
    this.#dataSystem = dataSystem
    this.#file = file
    dataSystem.on('status', ({ state, source, lastError }) => {
      if (state === 'off') return
      const reason = state === 'interrupted' && lastError ? `: ${lastError.message}` : ''
      log(`status ${state}, source ${source}${reason}`)
    })
  }

  /** Waits until the status is `valid` by this source. */
  source(name: string): Promise<void> {
    return this.#within(`valid ${name}`, (done) => {
      const look = (): void => {
        const { state, source } = this.#dataSystem.status.current
        if (state === 'valid' && source === name) done()
      }
      look()
      return this.#dataSystem.on('status', look)
    })
  }

  /** Edits a flag, and waits until the change arrives from this source through this proxy. */
  async edit(source: string, bridge: Bridge): Promise<void> {
    const bytesBefore = bridge.bytes
    const savedAt = systemClock.monotonic()
    const key = this.#file.edit()
    await this.#within(`the edit of ${key}`, (done) =>
      this.#dataSystem.on('change', ({ flags }) => {
        if (flags.has(key)) done()
      }),
    )
    const ms = systemClock.monotonic() - savedAt
    const by = this.#dataSystem.status.current.source
    if (by !== source) throw new Error(`${key} came by ${by} where ${source} was expected`)
    this.edits++
    log(
      `${key} saved; arrived ${ms.toFixed(0)} ms later by ${source}, for ${size(bridge.bytes - bytesBefore)}`,
    )
  }

  #within(what: string, wait: (done: () => void) => () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const disarm = systemClock.after(LIMIT_MS, () =>
        reject(new Error(`${what} was not seen within ${LIMIT_MS} ms`)),
      )
      const leave = wait(() => {
        disarm()
        systemClock.breathe().then(() => leave(), reject)
        resolve()
      })
    })
  }
}
