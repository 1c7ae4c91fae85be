import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Change, Item, ItemKind, Snapshot } from '../model/change-set.ts'

const compress: (bytes: Buffer) => Promise<Buffer> = promisify(gzip)

/** A body of JSON, encoded once and compressed at most once, however many clients are told. */
export class JsonBody {
  readonly bytes: Buffer
  #gzipped: Promise<Buffer> | undefined
  #etag: string | undefined

  constructor(json: string) {
    this.bytes = Buffer.from(json)
  }

  get etag(): string {
    this.#etag ??= `"${createHash('sha256').update(this.bytes).digest('base64url')}"`
    return this.#etag
  }

  gzipped(): Promise<Buffer> {
    this.#gzipped ??= compress(this.bytes)
    return this.#gzipped
  }
}

/** `{ flags, segments }`. */
export const everythingOf: (snapshot: Snapshot) => JsonBody = keptWithSnapshot(
  ({ flags, segments }) => `{"flags":${objectOf(flags)},"segments":${objectOf(segments)}}`,
)

/** The flags alone, by key. */
export const flagsOf: (snapshot: Snapshot) => JsonBody = keptWithSnapshot(({ flags }) => objectOf(flags))

/** Encodes a snapshot once, and keeps that as long as the snapshot is kept. */
function keptWithSnapshot(encode: (snapshot: Snapshot) => string): (snapshot: Snapshot) => JsonBody {
  const bodies = new WeakMap<Snapshot, JsonBody>()
  return (snapshot) => {
    const body = bodies.get(snapshot) ?? new JsonBody(encode(snapshot))
    bodies.set(snapshot, body)
    return body
  }
}

/** Written out by hand, because an object would treat some keys as its own affairs. */
function objectOf(items: ReadonlyMap<string, Item>): string {
  const members = Array.from(items, ([key, { object }]) => `${JSON.stringify(key)}:${JSON.stringify(object)}`)
  return `{${members.join()}}`
}

const COLLECTIONS: Readonly<Record<ItemKind, string>> = { flag: 'flags', segment: 'segments' }

/** Which stream: `/all` has flags and segments, `/flags` the flags alone. */
export type Fdv1Scope = 'all' | 'flags'

/** The event an FDv1 stream begins with, and repeats when everything is replaced. */
export function putEvent(snapshot: Snapshot, scope: Fdv1Scope): Buffer {
  const [head, body, tail] =
    scope === 'all'
      ? ['{"path":"/","data":', everythingOf(snapshot).bytes, '}']
      : ['', flagsOf(snapshot).bytes, '']
  return Buffer.concat([Buffer.from(`event: put\ndata: ${head}`), body, Buffer.from(`${tail}\n\n`)])
}

/** Changes as events of an FDv1 stream, one each. */
export function changeEvents(changes: readonly Change[], scope: Fdv1Scope): Buffer {
  const told = scope === 'all' ? changes : changes.filter(({ kind }) => kind === 'flag')
  return Buffer.from(told.map((change) => changeEvent(change, scope)).join(''))
}

function changeEvent(change: Change, scope: Fdv1Scope): string {
  const { kind, key } = change
  const path = JSON.stringify(scope === 'all' ? `/${COLLECTIONS[kind]}/${key}` : `/${key}`)
  switch (change.op) {
    case 'put':
      return `event: patch\ndata: {"path":${path},"data":${JSON.stringify(change.object)}}\n\n`
    case 'delete':
      return `event: delete\ndata: {"path":${path},"version":${change.version}}\n\n`
    default:
      return change satisfies never
  }
}
