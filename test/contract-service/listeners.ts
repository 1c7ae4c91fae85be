import type { FlagClient } from '../../src/index.ts'
import type { FlagChangeParams, FlagValueChangeParams } from './command-request.ts'
import type { Outbox } from './outbox.ts'

/** The change listeners of one client, by the ids of the suite. Each reports to its callback. */
export class Listeners {
  readonly #client: FlagClient
  readonly #outbox: Outbox
  readonly #undo = new Map<string, () => void>()

  constructor(client: FlagClient, outbox: Outbox) {
    this.#client = client
    this.#outbox = outbox
  }

  /** Without a key: any flag. */
  onChange({ listenerId, callbackUri, flagKey }: FlagChangeParams): void {
    const client = this.#client
    const event = flagKey === undefined ? 'update' : (`update:${flagKey}` as const)
    const report = ({ key }: { readonly key: string }): void =>
      this.#outbox.post(callbackUri, { listenerId, flagKey: key })
    client.on(event, report)
    this.#register(listenerId, () => client.off(event, report))
  }

  onValueChange({ listenerId, callbackUri, flagKey, context, defaultValue }: FlagValueChangeParams): void {
    const undo = this.#client.onValueChange(flagKey, context, defaultValue, ({ oldValue, newValue }) =>
      this.#outbox.post(callbackUri, { listenerId, flagKey, oldValue, newValue }),
    )
    this.#register(listenerId, undo)
  }

  remove(listenerId: string): void {
    this.#undo.get(listenerId)?.()
    this.#undo.delete(listenerId)
  }

  #register(listenerId: string, undo: () => void): void {
    this.remove(listenerId)
    this.#undo.set(listenerId, undo)
  }
}
