import { Queue } from '../../../src/async/queue.ts'
import {
  type BigSegmentPatch,
  type BigSegmentWriter,
  memberChanges,
} from '../../../src/model/big-segment-patch.ts'
import { StoreError } from '../../../src/model/errors.ts'
import { type BigSegmentService, ServiceError } from '../../../src/relay/big-segments/service.ts'

/** Members by `list reference`, and what a synchronizer stores beside them. */
export class MemoryMembers {
  readonly sets = new Map<string, Set<string>>()
  version: string | undefined
  synchronizedOn: number | undefined
  /** The number of changes until a writer fails. */
  failsAfter = Infinity
  /** The failure of the next patches. */
  failure: StoreError | undefined

  /** Applies a patch at once, as the service defines it. */
  apply(patch: BigSegmentPatch): void {
    for (const change of memberChanges(patch)) this.change(patch.reference, change)
    this.version = patch.version
  }

  change(
    reference: string,
    change: ReturnType<typeof memberChanges> extends Iterable<infer C> ? C : never,
  ): void {
    const key = `${change.list} ${reference}`
    const members = this.sets.get(key) ?? new Set()
    if (change.operation === 'add') members.add(change.hash)
    else members.delete(change.hash)
    this.sets.set(key, members)
  }

  clear(): void {
    this.sets.clear()
    this.version = undefined
    this.synchronizedOn = undefined
  }

  get contents(): object {
    const lists = [...this.sets].map(([key, members]) => [key, [...members].sort()] as const)
    return { version: this.version, ...Object.fromEntries(lists.filter(([, members]) => members.length > 0)) }
  }
}

/** Returns a writer whose transactions make one change each. */
export function memoryWriter(database: MemoryMembers): BigSegmentWriter {
  const step = async (): Promise<void> => {
    await Promise.resolve()
    if (database.failsAfter-- <= 0) throw new StoreError('unavailable', 'memory: cannot write')
  }
  return {
    name: 'memory',
    async version() {
      await step()
      return database.version
    },
    async apply(patch, expected) {
      if (database.failure) throw database.failure
      for (const change of memberChanges(patch)) {
        await step()
        if (database.version !== expected) return { type: 'refused', version: database.version }
        database.change(patch.reference, change)
      }
      await step()
      if (database.version !== expected) return { type: 'refused', version: database.version }
      database.version = patch.version
      return { type: 'applied' }
    },
    async setSynchronizedOn(time) {
      await step()
      database.synchronizedOn = time
    },
    close: async () => {},
  }
}

/** A service with patches, whose streams and polls a test breaks. */
export class MemoryService implements BigSegmentService {
  readonly patches: BigSegmentPatch[] = []
  readonly requests: string[] = []
  readonly #streams = new Set<Queue<readonly BigSegmentPatch[] | Error>>()
  failure: ServiceError | undefined
  /** Called before a stream is opened. */
  onOpen: (() => void) | undefined
  pageSize = 2

  /** Adds a patch, and sends it to open streams unless it is silent. */
  add(
    patch: Omit<BigSegmentPatch, 'version' | 'previousVersion'>,
    delivery: 'sent' | 'silent' = 'sent',
  ): void {
    const previousVersion = this.patches.at(-1)?.version ?? ''
    const complete = { ...patch, version: `v${this.patches.length + 1}`, previousVersion }
    this.patches.push(complete)
    if (delivery === 'sent') this.send([complete])
  }

  send(patches: readonly BigSegmentPatch[]): void {
    for (const stream of this.#streams) stream.push(patches)
  }

  breakStreams(): void {
    for (const stream of this.#streams) stream.push(new ServiceError('temporary', 'the stream broke'))
    this.#streams.clear()
  }

  get openStreams(): number {
    return this.#streams.size
  }

  get members(): MemoryMembers {
    const members = new MemoryMembers()
    for (const patch of this.patches) members.apply(patch)
    return members
  }

  async patchesAfter(version: string | undefined): Promise<readonly BigSegmentPatch[]> {
    this.requests.push(`poll ${version ?? ''}`.trim())
    await Promise.resolve()
    if (this.failure) throw this.failure
    const next = this.patches.findIndex((patch) => patch.version === version) + 1
    return this.patches.slice(next, next + this.pageSize)
  }

  async open(signal: AbortSignal): Promise<AsyncIterable<readonly BigSegmentPatch[]>> {
    this.requests.push('stream')
    this.onOpen?.()
    await Promise.resolve()
    if (this.failure) throw this.failure
    const queue = new Queue<readonly BigSegmentPatch[] | Error>()
    this.#streams.add(queue)
    signal.addEventListener('abort', () => {
      this.#streams.delete(queue)
      queue.close()
    })
    return batches(queue)
  }
}

async function* batches(
  queue: Queue<readonly BigSegmentPatch[] | Error>,
): AsyncGenerator<readonly BigSegmentPatch[]> {
  for await (const item of queue) {
    if (item instanceof Error) throw item
    yield item
  }
}
