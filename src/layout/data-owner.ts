import type { Undo } from '../async/clock.ts'
import { Listeners, rethrow } from '../async/listeners.ts'
import { fingerprint, type Sidecar } from './sidecar.ts'

/** The identity of an environment. */
export interface DataOwnerIdentity {
  /** The key with which the service is asked. */
  readonly sdkKey: string
  /** Other SDK keys of the environment, for example the former one. Default: none. */
  readonly otherKeys?: readonly string[] | undefined
  /** The environment ID. Default: unknown. */
  readonly environmentId?: string | undefined
}

/**
 * The environment to which data belongs. Its SDK key can be replaced while a data system runs; stored data stays valid if any
 * of its keys, or its ID, is the one of the writer (decision 36).
 */
export class DataOwner {
  readonly #replaced = new Listeners<void>(rethrow)
  #identity: DataOwnerIdentity

  constructor(identity: DataOwnerIdentity) {
    this.#identity = identity
  }

  get sdkKey(): string {
    return this.#identity.sdkKey
  }

  get keyFingerprint(): string {
    return fingerprint(this.sdkKey)
  }

  /** Returns true if the writer of the sidecar had the same environment. */
  owns({ keyFingerprint, environmentId }: Pick<Sidecar, 'keyFingerprint' | 'environmentId'>): boolean {
    const { sdkKey, otherKeys = [], environmentId: own } = this.#identity
    if (own !== undefined && own === environmentId) return true
    return [sdkKey, ...otherKeys].some((key) => fingerprint(key) === keyFingerprint)
  }

  /** Replaces the identity, and calls the listeners of {@link onNewKey} if the SDK key differs. */
  replace(identity: DataOwnerIdentity): void {
    const { sdkKey } = this
    this.#identity = identity
    if (identity.sdkKey !== sdkKey) this.#replaced.emit()
  }

  /** Calls back after the SDK key was replaced. */
  onNewKey(call: () => void): Undo {
    return this.#replaced.add(call)
  }
}
