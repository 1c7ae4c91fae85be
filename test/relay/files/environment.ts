import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EnvironmentConfig, RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer, RelayServerOptions } from '../../../src/relay/relay.ts'
import { folderForTest } from '../../flag-file/folder.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { ask, keyed, NOWHERE, start } from '../starting.ts'

/** The time between two checks of files in these tests, in milliseconds. */
export const FAST = 100

export interface FileEnvironment {
  readonly folder: string
  /** Saves a flag file with these values as most editors do: under another name, which is then changed. */
  save(values: Readonly<Record<string, unknown>>, name?: string): Promise<void>
  saveText(text: string, name?: string): Promise<void>
  /** Starts a relay whose environment comes from the folder. */
  start(
    environment?: Partial<EnvironmentConfig>,
    relay?: Partial<RelayConfig>,
    options?: Partial<RelayServerOptions>,
  ): Promise<RelayServer>
}

/** Returns a folder with a flag file, `flags.json`. */
export async function fileEnvironment(values: Readonly<Record<string, unknown>>): Promise<FileEnvironment> {
  const folder = await folderForTest()
  const saveText = async (text: string, name = 'flags.json'): Promise<void> => {
    await writeFile(join(folder, `.${name}.new`), text)
    await rename(join(folder, `.${name}.new`), join(folder, name))
  }
  const save: FileEnvironment['save'] = (next, name) => saveText(JSON.stringify({ flagValues: next }), name)
  await save(values)
  return {
    folder,
    save,
    saveText,
    async start(environment = {}, relay = {}, options = {}) {
      const config = { name: 'test', sdkKey: SDK_KEY, files: [folder], fileIntervalMs: FAST, ...environment }
      const server = await start({ endpoints: NOWHERE, environments: [config], ...relay }, options)
      await server.started
      return server
    },
  }
}

interface WireEvent {
  readonly event: string
  readonly data: {
    readonly key?: string
    readonly version?: number
    readonly state?: string
    readonly payloads?: readonly { readonly intentCode: string }[]
  }
}

export interface Polled {
  readonly intent: string | undefined
  readonly keys: readonly string[]
  readonly versions: readonly number[]
  readonly state: string
}

/** Returns the answer to an SDK with this basis. */
export async function poll(relay: RelayServer, basis = ''): Promise<Polled> {
  const { body } = await ask(relay, `/sdk/poll?basis=${encodeURIComponent(basis)}`, keyed)
  const events: readonly WireEvent[] = body.events
  const items = events.filter(({ event }) => event.endsWith('-object'))
  return {
    intent: events[0]?.data.payloads?.[0]?.intentCode,
    keys: items.map(({ event, data }) => `${event} ${data.key}`),
    versions: items.map(({ data }) => data.version ?? 0),
    state: events.at(-1)?.data.state ?? '',
  }
}

export async function value(relay: RelayServer, key = 'a'): Promise<unknown> {
  return (await ask(relay, `/sdk/flags/${key}`, keyed)).body?.variations?.[0]
}
