import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Change, Item, ItemKind, Snapshot } from '../model/change-set.ts'
import { isVersionless } from '../selector/content-names.ts'

const compress: (bytes: Buffer) => Promise<Buffer> = promisify(gzip)

export class JsonBody {
  readonly bytes: Buffer
  #gzipped: Promise<Buffer> | undefined
  #etag: string | undefined

  readonly #name: string | undefined

  /** @param name - a name of the content, in place of its bytes, for the entity tag. */
  constructor(json: string, name?: string) {
    this.bytes = Buffer.from(json)
    this.#name = name
  }

  get etag(): string {
    this.#etag ??= `"${createHash('sha256')
      .update(this.#name ?? this.bytes)
      .digest('base64url')}"`
    return this.#etag
  }

  gzipped(): Promise<Buffer> {
    this.#gzipped ??= compress(this.bytes)
    return this.#gzipped
  }
}

export const fullBody: (snapshot: Snapshot) => JsonBody = cachedPerSnapshot(
  ({ flags, segments }) => `{"flags":${objectOf(flags)},"segments":${objectOf(segments)}}`,
)

export const flagsBody: (snapshot: Snapshot) => JsonBody = cachedPerSnapshot(({ flags }) => objectOf(flags))

function cachedPerSnapshot(encode: (snapshot: Snapshot) => string): (snapshot: Snapshot) => JsonBody {
  const bodies = new WeakMap<Snapshot, JsonBody>()
  return (snapshot) => {
    const body = bodies.get(snapshot) ?? new JsonBody(encode(snapshot), nameOf(snapshot))
    bodies.set(snapshot, body)
    return body
  }
}

/**
 * Returns the state of data that is named by content, so that the entity tag is the same on another server, or after a restart, although
 * versions differ. Each body has its own path, so that they can share a name.
 */
function nameOf({ selector }: Snapshot): string | undefined {
  return selector && isVersionless(selector.state) ? selector.state : undefined
}

/** Builds the JSON text directly, because an object would treat keys such as `__proto__` specially. */
function objectOf(items: ReadonlyMap<string, Item>): string {
  const members = Array.from(items, ([key, { object }]) => `${JSON.stringify(key)}:${JSON.stringify(object)}`)
  return `{${members.join()}}`
}

const COLLECTIONS: Readonly<Record<ItemKind, string>> = { flag: 'flags', segment: 'segments' }

/** The stream `/all` has flags and segments, `/flags` only flags. */
export type Fdv1Scope = 'all' | 'flags'

/** Returns the event with all data. An FDv1 stream begins with it, and repeats it when a full payload was applied. */
export function putEvent(snapshot: Snapshot, scope: Fdv1Scope): Buffer {
  const [head, body, tail] =
    scope === 'all'
      ? ['{"path":"/","data":', fullBody(snapshot).bytes, '}']
      : ['', flagsBody(snapshot).bytes, '']
  return Buffer.concat([Buffer.from(`event: put\ndata: ${head}`), body, Buffer.from(`${tail}\n\n`)])
}

export function changeEvents(changes: readonly Change[], scope: Fdv1Scope): Buffer {
  const included = scope === 'all' ? changes : changes.filter(({ kind }) => kind === 'flag')
  return Buffer.from(included.map((change) => changeEvent(change, scope)).join(''))
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
