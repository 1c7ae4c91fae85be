import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import { REPLACED, writeNotice } from '../../../src/layout/notice.ts'
import { encodeItem } from '../../../src/layout/row.ts'
import { writeSidecar } from '../../../src/layout/sidecar.ts'
import type { StoreChange } from '../../../src/model/change-feed.ts'
import type { Kind } from '../../../src/model/kind.ts'
import type { StoreWrite, VersionedRow } from '../../../src/model/persistent-store.ts'
import type { OpenedStore } from '../../../src/model/store-description.ts'
import type { ConsulStoreOptions } from '../../../src/store/consul/consul-options.ts'
import { consulStore } from '../../../src/store/consul/consul-store.ts'

/** For calls that nobody gives up. */
export const signal: AbortSignal = new AbortController().signal

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

export function row(key: string, version: number, kind: Kind = 'flag', note = ''): VersionedRow {
  const object = { key, version, note }
  return encodeItem(kind, { key, version, object })
}

export function rows(count: number, version: number, note = ''): VersionedRow[] {
  return Array.from({ length: count }, (_, index) => row(`flag-${index}`, version, 'flag', note))
}

let revision = 0

export function full(...all: readonly VersionedRow[]): StoreWrite {
  return { type: 'full', rows: all, ...beside(REPLACED) }
}

export function delta(...some: readonly VersionedRow[]): StoreWrite {
  return { type: 'delta', rows: some, ...beside(writeNotice(some)) }
}

function beside(notice: string): Pick<StoreWrite, 'sidecar' | 'notice'> {
  const sidecar = {
    keyFingerprint: 'f',
    generation: 'g',
    revision: ++revision,
    notice,
    savedAt: 0,
    digest: '0',
  }
  return { notice, sidecar: writeSidecar(sidecar) }
}

/** What a feed says, one after the other; it ends with the test. */
export function listen({ feed }: OpenedStore): { next(): Promise<StoreChange | 'end'>; stop(): void } {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const changes = feed.changes(controller.signal)[Symbol.asyncIterator]()
  return {
    async next() {
      const { done, value } = await changes.next()
      return done ? 'end' : value
    },
    stop: () => controller.abort(),
  }
}

/** Every key of an agent with its text, as other software sees them. */
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

/** Why a call was rejected. */
export async function rejection(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => Promise.reject(new Error('it was not rejected')),
    (error: unknown) => error,
  )
}
