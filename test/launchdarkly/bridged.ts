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
  /** Of the SDK itself. */
  readonly sdk?: LDOptions
}

/** The official SDK on a data system of Halyard, and what both said. */
export class Bridged {
  readonly client: LDClient
  /** Of the SDK, Halyard's lines among them. */
  readonly log: string[] = []
  /** Events of the SDK, by name: `ready`, `failed`, `error <message>`, `update <key>`. */
  readonly told: string[] = []
  #dataSystem: DataSystem | undefined
  readonly #looking = new Set<() => void>()

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
    this.client.on('ready', () => this.#tell('ready'))
    this.client.on('failed', () => this.#tell('failed'))
    this.client.on('error', (error: Error) => this.#tell(`error ${error.message}`))
  }

  get dataSystem(): DataSystem {
    if (!this.#dataSystem) throw new Error('the SDK has made no data system')
    return this.#dataSystem
  }

  /** Records changes from now on. */
  listen(): this {
    this.client.on('update', ({ key }: { readonly key: string }) => this.#tell(`update ${key}`))
    return this
  }

  /** Resolves when the SDK has told all of this, in whatever order. */
  tells(...events: readonly string[]): Promise<void> {
    return waitUntil(
      () => events.every((event) => this.told.includes(event)),
      () => `${events.join(', ')}; told ${this.told.join(', ')}; log:\n${this.log.join('\n')}`,
      (look) => {
        this.#looking.add(look)
        return () => this.#looking.delete(look)
      },
    )
  }

  /** Resolves when the data flows from this source. */
  async follows(source: string): Promise<void> {
    for await (const { state, source: active } of this.dataSystem.status.changes()) {
      if (state === 'valid' && active === source) return
    }
  }

  #tell(event: string): void {
    this.told.push(event)
    for (const look of this.#looking) look()
  }
}

/** Closed by itself when the test is over. */
export function bridge(options: BridgedOptions): Bridged {
  const bridged = new Bridged(options)
  onTestFinished(() => bridged.client.close())
  return bridged
}

export type AnalyticsEvent = Readonly<Record<string, unknown>>

/** Where the SDK sends its analytics. */
export interface EventSink {
  readonly url: string
  readonly events: readonly AnalyticsEvent[]
}

/** Closed by itself when the test is over. */
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
