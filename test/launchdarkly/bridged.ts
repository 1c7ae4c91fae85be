import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { init, type LDClient, type LDLogger, type LDOptions } from '@launchdarkly/node-server-sdk'
import { onTestFinished } from 'vitest'
import type { DataSystemConfig } from '../../src/config/config.ts'
import { presets } from '../../src/config/presets.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import { type BridgeOptions, halyard } from '../../src/launchdarkly/index.ts'
import { SHORT_TIMINGS } from '../../src/testing/short-timings.ts'
import { waitUntil } from '../support/origin.ts'

export const SDK_KEY = 'sdk-test-0b5e'
export const USER = { kind: 'user', key: 'u' } as const

const nothing = (): void => {}
export const silent: LDLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

export interface BridgedOptions extends BridgeOptions {
  readonly plan?: DataSystemConfig
  /** Options of the SDK itself. */
  readonly sdk?: LDOptions
}

/** A client of the official SDK over a data system of Halyard, with its log and events. */
export class Bridged {
  readonly client: LDClient
  /** The log of the SDK, which includes lines of Halyard. */
  readonly log: string[] = []
  /** Events of the SDK, by name: `ready`, `failed`, `error <message>`, `update <key>`. */
  readonly events: string[] = []
  #dataSystem: DataSystem | undefined
  readonly #waiting = new Set<() => void>()

  constructor({ plan = presets.default(), sdk = {}, timings, ...options }: BridgedOptions) {
    const write = (message: string): void => {
      this.log.push(message)
    }
    const onDataSystem = (dataSystem: DataSystem): void => {
      this.#dataSystem = dataSystem
    }
    this.client = init(SDK_KEY, {
      sendEvents: false,
      logger: { debug: write, info: write, warn: write, error: write },
      ...sdk,
      ...halyard(plan, {
        random: () => 0,
        onDataSystem,
        timings: { ...SHORT_TIMINGS, ...timings },
        ...options,
      }),
    })
    this.client.on('ready', () => this.#record('ready'))
    this.client.on('failed', () => this.#record('failed'))
    this.client.on('error', (error: Error) => this.#record(`error ${error.message}`))
  }

  get dataSystem(): DataSystem {
    if (!this.#dataSystem) throw new Error('the SDK has created no data system')
    return this.#dataSystem
  }

  /** Records changes from now on. */
  listen(): this {
    this.client.on('update', ({ key }: { readonly key: string }) => this.#record(`update ${key}`))
    return this
  }

  /** Resolves when the SDK has emitted all of these events, in any order. */
  emits(...events: readonly string[]): Promise<void> {
    return waitUntil(
      () => events.every((event) => this.events.includes(event)),
      () => `${events.join(', ')}; emitted ${this.events.join(', ')}; log:\n${this.log.join('\n')}`,
      (check) => {
        this.#waiting.add(check)
        return () => this.#waiting.delete(check)
      },
    )
  }

  /** Resolves when the data flows from this source. */
  async follows(source: string): Promise<void> {
    for await (const { state, source: active } of this.dataSystem.status.changes()) {
      if (state === 'valid' && active === source) return
    }
  }

  #record(event: string): void {
    this.events.push(event)
    for (const check of this.#waiting) check()
  }
}

/** Creates a client that is closed after the test. */
export function bridge(options: BridgedOptions): Bridged {
  const bridged = new Bridged(options)
  onTestFinished(() => bridged.client.close())
  return bridged
}

export type AnalyticsEvent = Readonly<Record<string, unknown>>

/** A server that receives the SDK's analytics events. */
export interface EventSink {
  readonly url: string
  readonly events: readonly AnalyticsEvent[]
}

/** Starts a server that is closed after the test. */
export async function startEventSink(): Promise<EventSink> {
  const events: AnalyticsEvent[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    request.on('end', () => {
      events.push(...[JSON.parse(text) as AnalyticsEvent | AnalyticsEvent[]].flat())
      response.writeHead(202).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, events }
}
