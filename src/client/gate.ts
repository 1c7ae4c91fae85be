import type { DataSystem } from '../datasystem/data-system.ts'
import type { Remarks } from './remarks.ts'

export interface GateOptions {
  readonly dataSystem: Pick<DataSystem, 'initialized' | 'availability' | 'awaitsConfirmation' | 'savedAgeMs'>
  readonly remarks: Remarks
  /** A client that is offline on purpose never has data. */
  readonly offline: boolean
}

/** Whether there is data to evaluate. Asked at each evaluation, and cheap once there is data a source vouched for. */
export class Gate {
  readonly #options: GateOptions
  /** Availability never falls, so this is asked for once. */
  #refreshed = false

  constructor(options: GateOptions) {
    this.#options = options
  }

  get open(): boolean {
    return this.#refreshed || this.#look()
  }

  #look(): boolean {
    const { dataSystem, remarks, offline } = this.#options
    if (offline) return false
    if (!dataSystem.initialized) {
      remarks.early()
      return false
    }
    this.#refreshed = dataSystem.availability === 'refreshed'
    if (dataSystem.awaitsConfirmation) remarks.unconfirmed(() => dataSystem.savedAgeMs)
    return true
  }
}
