import { readdirSync, readFileSync } from 'node:fs'
import { createParser } from 'eventsource-parser'
import { expect } from 'vitest'
import type { Change, DeleteChange, PutChange } from '../../src/model/change-set.ts'
import { type Decoded, Decoder } from '../../src/protocol/decoder.ts'

const folder = new URL('../../fixtures/wire/', import.meta.url)

/** Names of the recorded conversations, without their extension. */
export function fixtureNames(extension: 'sse' | 'json'): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${extension}`))
    .map((name) => name.slice(0, -extension.length - 1))
}

export function fixtureBytes(file: string): Uint8Array {
  return readFileSync(new URL(file, folder))
}

export function fixtureText(file: string): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(fixtureBytes(file))
}

/** Returns all decoded events of a stream, including those without an effect. */
export function decodeEventStream(text: string): Decoded[] {
  const decoder = new Decoder()
  const decoded: Decoded[] = []
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => decoded.push(decoder.decodeText(event, data)),
  })
  parser.feed(text)
  return decoded
}

/** A put of the flag most fixtures hold. `more` replaces members. */
export function putFlag(key: string, version: number, more: object = {}): PutChange {
  const object = {
    key,
    version,
    on: true,
    variations: [true, false],
    fallthrough: { variation: 0 },
    offVariation: 1,
    salt: 's1',
    ...more,
  }
  return { op: 'put', kind: 'flag', key, version, object }
}

/** A put of the segment most fixtures hold. */
export function putSegment(key: string, version: number): PutChange {
  const object = { key, version, included: ['u-1'], excluded: [], rules: [], salt: 's2' }
  return { op: 'put', kind: 'segment', key, version, object }
}

export function deleteOf(kind: 'flag' | 'segment', key: string, version: number): DeleteChange {
  return { op: 'delete', kind, key, version }
}

// What a decoder may say, as tests write it down.

export const pending: Decoded = { type: 'pending' }
export const ignored: Decoded = { type: 'ignored' }
export const none: Decoded = { type: 'changeSet', changeSet: { type: 'none' } }
export const aborted: Decoded = { type: 'aborted', reason: 'backend timeout' }
const selector = (version: number) => ({ state: `(p:p-7f:${version})`, version })
export const full = (version: number, ...changes: Change[]): Decoded => ({
  type: 'changeSet',
  changeSet: { type: 'full', changes, selector: selector(version) },
})
export const partial = (version: number, ...changes: Change[]): Decoded => ({
  type: 'changeSet',
  changeSet: { type: 'partial', changes, selector: selector(version) },
})
export const violation = (event: string, about: string, key?: string): Decoded => ({
  type: 'violation',
  event,
  message: expect.stringContaining(about) as string,
  ...(key !== undefined && { key }),
})
export const skipped = (key: string): Decoded => ({ type: 'skipped', key, reason: 'its object is null' })
