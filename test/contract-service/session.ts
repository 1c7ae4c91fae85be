import type { FlagClient } from '../../src/index.ts'
import type { CommandRequest } from './command-request.ts'
import { buildContext } from './context-build.ts'
import { compareContexts } from './context-comparison.ts'
import { convertContext } from './context-convert.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import { Listeners } from './listeners.ts'
import { migrationOperation, migrationVariation } from './migrations.ts'
import type { Outbox } from './outbox.ts'
import { subjectOf } from './subject.ts'

/** One client under test. */
export class Session {
  readonly #client: FlagClient
  readonly #outbox: Outbox
  readonly #listeners: Listeners

  constructor(client: FlagClient, outbox: Outbox) {
    this.#client = client
    this.#outbox = outbox
    this.#listeners = new Listeners(client, outbox)
  }

  /** Runs a command. Resolves with its result, if one is defined, after its callbacks were posted. */
  async run(request: CommandRequest): Promise<object | undefined> {
    const result = await this.#run(request)
    await this.#outbox.emptied()
    return result
  }

  async close(): Promise<void> {
    this.#outbox.close()
    await this.#client.close()
  }

  async #run(request: CommandRequest): Promise<object | undefined> {
    switch (request.command) {
      case 'evaluate':
        return evaluate(this.#client, request.evaluate)
      case 'evaluateAll':
        return evaluateAll(this.#client, request.evaluateAll)
      case 'getBigSegmentStoreStatus':
        return this.#client.bigSegmentStoreStatusProvider.requireStatus()
      case 'identifyEvent':
        this.#client.identify(subjectOf(request.identifyEvent))
        return undefined
      case 'customEvent': {
        const { eventKey, data, metricValue } = request.customEvent
        this.#client.track(eventKey, subjectOf(request.customEvent), data, metricValue)
        return undefined
      }
      case 'flushEvents':
        await this.#client.flush()
        return undefined
      case 'secureModeHash':
        return { result: this.#client.secureModeHash(subjectOf(request.secureModeHash)) }
      case 'registerFlagChangeListener':
        this.#listeners.onChange(request.registerFlagChangeListener)
        return undefined
      case 'registerFlagValueChangeListener':
        this.#listeners.onValueChange(request.registerFlagValueChangeListener)
        return undefined
      case 'unregisterListener':
        this.#listeners.remove(request.unregisterListener.listenerId)
        return undefined
      case 'migrationVariation':
        return migrationVariation(this.#client, request.migrationVariation)
      case 'migrationOperation':
        return migrationOperation(this.#client, request.migrationOperation)
      case 'contextBuild':
        return buildContext(this.#client, request.contextBuild)
      case 'contextConvert':
        return convertContext(this.#client, request.contextConvert.input)
      case 'contextComparison':
        return compareContexts(request.contextComparison)
      default:
        return request satisfies never
    }
  }
}
