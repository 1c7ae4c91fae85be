import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { init, type LDClient, type LDOptions } from '@launchdarkly/node-server-sdk'
import { onTestFinished } from 'vitest'
import { type ClientOptions, createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import { presets } from '../../src/config/presets.ts'
import type { Logger } from '../../src/model/logger.ts'
import { TestData, type TestFlag } from '../../src/testing/index.ts'
import { SDK_KEY } from '../support/engine.ts'
import { type Everything, type Hosted, hosted } from '../support/service.ts'

export const user = { kind: 'user', key: 'u-1' } as const

/** Returns a logger and the lines that it received, in the form `warn: message`. */
export function notes(): { readonly log: string[]; readonly logger: Logger } {
  const log: string[] = []
  const note =
    (level: string) =>
    (message: string): void => {
      log.push(`${level}: ${message}`)
    }
  return {
    log,
    logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
  }
}

export interface Started {
  readonly client: FlagClient
  readonly log: readonly string[]
}

/** Creates a client that is closed at the end of the test. */
export function start(options: ClientOptions = {}): Started {
  const { log, logger } = notes()
  const client = createClient(SDK_KEY, { logger, random: () => 0, sendEvents: false, ...options })
  onTestFinished(() => client.close())
  return { client, log }
}

export interface Holding extends Started {
  readonly data: TestData
}

/** Creates a client that has received these flags, and the source that changes them. */
export async function holding(flags: readonly TestFlag[], options: ClientOptions = {}): Promise<Holding> {
  const data = new TestData({ flags })
  const started = start({ dataSystem: following(data), ...options })
  await started.client.waitForInitialization()
  return { ...started, data }
}

/** Returns a configuration whose only source is this data. */
export function following(data: TestData): NonNullable<ClientOptions['dataSystem']> {
  return presets.custom({ initializers: [], synchronizers: [data.synchronizer()] })
}

/** Returns a flag that serves one value to every context. */
export function serving(key: string, value: unknown): TestFlag {
  return { key, on: true, variations: [value], fallthrough: { variation: 0 }, offVariation: 0, salt: key }
}

export interface Served extends Pick<Hosted, 'change'> {
  readonly url: string
}

/** Starts a flag server on a socket, which is closed at the end of the test. */
export async function serve(everything: Everything): Promise<Served> {
  const { handler, change } = hosted(everything)
  const http = createServer(handler)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, change }
}

/** Creates a client of the official SDK with this server. */
export function official(
  url: string,
  options: LDOptions = {},
): { readonly client: LDClient; readonly log: string[] } {
  const { log, logger } = notes()
  const client = init(SDK_KEY, {
    baseUri: url,
    streamUri: url,
    sendEvents: false,
    logger,
    dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
    ...options,
  })
  onTestFinished(() => client.close())
  return { client, log }
}

/** Creates clients of both SDKs, initialized from one server. */
export async function both(
  served: Served,
): Promise<{ readonly ours: FlagClient; readonly theirs: LDClient }> {
  const { client: ours } = start({
    dataSystem: presets.default(),
    endpoints: { polling: served.url, streaming: served.url },
  })
  const { client: theirs } = official(served.url)
  await ours.waitForInitialization({ timeoutMs: 60_000 })
  await theirs.waitForInitialization({ timeout: 60 })
  return { ours, theirs }
}
