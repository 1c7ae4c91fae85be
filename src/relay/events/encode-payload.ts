import { pipeline } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip, gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib'
import type { Clock } from '../../async/clock.ts'
import { timeSlices } from '../../async/slices.ts'
import { tryParse } from '../../model/json.ts'
import { EventArrayScanner } from './event-array.ts'
import { ownBytes } from './read-body.ts'

/** A received body, and its header `content-encoding`. */
export interface EncodedBody {
  readonly bytes: Uint8Array
  readonly encoding: string | undefined
}

/** An array of events for the service: the received bytes if they were gzipped, otherwise gzipped by the relay. */
export interface EncodedEvents {
  readonly events: number
  readonly gzipped: Uint8Array
}

/** Parsed events, and the length of their text in bytes. */
export interface ParsedEvents {
  readonly events: readonly unknown[]
  readonly length: number
}

/** Bytes that are scanned at a time, so that a large body does not block the event loop. */
const SLICE_BYTES = 256 * 1_024

/** Longest body that is gzipped at once, in bytes. In another thread it would take three times the processor time. */
const MAX_SYNC_BYTES = 64 * 1_024

/** Longest body that is inflated at once, in bytes: as received, and inflated. */
const MAX_SYNC_GZIPPED_BYTES = 16 * 1_024
const MAX_SYNC_INFLATED_BYTES = 256 * 1_024

/** Level 1 with a small window takes half of the time of the default, and events compress to about the same size. */
const GZIP = { level: 1, memLevel: 6, windowBits: 13 }

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/**
 * Counts the events of a body and gzips it unless it is gzipped. Returns `undefined` if it is not an array, cannot be inflated,
 * or inflates to more than `maxBytes`.
 */
export async function encodePayload(
  { bytes, encoding = 'identity' }: EncodedBody,
  maxBytes: number,
  clock: Clock,
): Promise<EncodedEvents | undefined> {
  switch (encoding.trim().toLowerCase()) {
    case 'gzip': {
      const events = await countGzipped(bytes, maxBytes, clock)
      return events === undefined ? undefined : { events, gzipped: bytes }
    }
    case 'identity':
    case '': {
      const events = await countEvents(bytes, clock)
      return events === undefined ? undefined : { events, gzipped: await gzipped(bytes) }
    }
    default:
      return undefined
  }
}

export async function gzipped(bytes: Uint8Array | string): Promise<Uint8Array> {
  return ownBytes(bytes.length > MAX_SYNC_BYTES ? await compress(bytes, GZIP) : gzipSync(bytes, GZIP))
}

/** Parses an array of events. Returns `undefined` for any other body, and for one that is or inflates to more than `maxBytes`. */
export async function parsePayload(body: EncodedBody, maxBytes: number): Promise<ParsedEvents | undefined> {
  const plain = await inflatePayload(body, maxBytes)
  const events = plain && tryParse(plain.toString())
  return plain && Array.isArray(events) ? { events, length: plain.length } : undefined
}

/** Returns the plain bytes of a body; `undefined` if it cannot be inflated, or is or inflates to more than `maxBytes`. */
export async function inflatePayload(
  { bytes, encoding = 'identity' }: EncodedBody,
  maxBytes: number,
): Promise<Buffer | undefined> {
  if (encoding.trim().toLowerCase() !== 'gzip')
    return bytes.length > maxBytes ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return decompress(bytes, { maxOutputLength: maxBytes }).catch(() => undefined)
}

/** Returns the number of elements of an array; `undefined` if the bytes are no array. Elements are not parsed. */
export async function countEvents(bytes: Uint8Array, clock: Clock): Promise<number | undefined> {
  const scanner = new EventArrayScanner()
  const pause = timeSlices(clock)
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    scanner.push(bytes.subarray(start, start + SLICE_BYTES))
    const paused = pause()
    if (paused) await paused
  }
  return scanner.count
}

function countGzipped(bytes: Uint8Array, maxBytes: number, clock: Clock): Promise<number | undefined> {
  const plain = bytes.length > MAX_SYNC_GZIPPED_BYTES ? undefined : inflated(bytes)
  if (plain === undefined) return countInflating(bytes, maxBytes)
  return plain.length > maxBytes ? Promise.resolve(undefined) : countEvents(plain, clock)
}

/** Returns the inflated bytes of a small body; `undefined` if they are too many, or on any error. */
function inflated(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(bytes, { chunkSize: 32 * 1_024, maxOutputLength: MAX_SYNC_INFLATED_BYTES })
  } catch {
    return undefined
  }
}

/** Inflates a body in another thread and counts its events piece by piece. */
async function countInflating(bytes: Uint8Array, maxBytes: number): Promise<number | undefined> {
  const inflater = createGunzip({ chunkSize: 64 * 1_024 })
  const scanner = new EventArrayScanner()
  let length = 0
  try {
    pipeline([bytes], inflater, () => undefined)
    for await (const chunk of inflater) {
      length += (chunk as Buffer).length
      if (length > maxBytes) return undefined
      scanner.push(chunk as Buffer)
    }
    return scanner.count
  } catch {
    return undefined
  }
}
