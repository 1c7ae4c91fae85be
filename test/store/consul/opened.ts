import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import type { OpenedStore } from '../../../src/model/persistent-store.ts'
import { consulStore } from '../../../src/store/consul/consul-store.ts'
import type { ConsulStoreOptions } from '../../../src/store/consul/options.ts'

/** Opens a store and closes it with the test. */
export function open(
  options: ConsulStoreOptions,
  clock: Clock = systemClock,
  log: string[] = [],
): OpenedStore {
  const write = (message: string): void => void log.push(message)
  const logger = { debug: write, info: write, warn: write, error: write }
  const opened = consulStore(options).open({ clock, random: Math.random, logger })
  onTestFinished(() => opened.store.close())
  return opened
}

/** Returns all keys of an agent with their text, as other software reads them. */
export async function everything(url: string): Promise<Record<string, string>> {
  const response = await fetch(`${url}/v1/kv/?recurse`)
  if (response.status === 404) return {}
  const entries = (await response.json()) as { readonly Key: string; readonly Value: string | null }[]
  return Object.fromEntries(
    entries.map(({ Key, Value }) => [Key, Buffer.from(Value ?? '', 'base64').toString()]),
  )
}

/** Writes a key as other software does. */
export async function putRaw(url: string, key: string, text: string): Promise<void> {
  const path = key.split('/').map(encodeURIComponent).join('/')
  await fetch(`${url}/v1/kv/${path}`, { method: 'PUT', body: text })
}

/** Returns the error of a rejected call. */
export async function rejection(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => Promise.reject(new Error('it was not rejected')),
    (error: unknown) => error,
  )
}
