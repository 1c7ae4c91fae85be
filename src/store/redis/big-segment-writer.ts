import { Backoff } from '../../async/backoff.ts'
import { withDeadline } from '../../async/signals.ts'
import { sleep } from '../../async/sleep.ts'
import {
  type BigSegmentPatch,
  type BigSegmentWriter,
  type MemberChange,
  memberChanges,
  type PatchResult,
} from '../../model/big-segment-patch.ts'
import { StoreError } from '../../model/errors.ts'
import type { StoreContext } from '../../model/persistent-store.ts'
import { inBatches } from '../batching.ts'
import { type RedisClient, RedisConnection, type Route } from './connection.ts'
import { executeTransaction } from './reads.ts'

/** Changes in one transaction. Redis runs a transaction without interruption, so a larger one would block other clients. */
const CHANGES_PER_TRANSACTION = 1_000

/** Longest time of one call or transaction, in milliseconds. */
const CALL_MS = 10_000

/** Delays after a conflict with another writer, in which that one can complete the patch. They take about 4 s in all. */
const CONFLICT = { baseMs: 50, maxMs: 1_000 }
const MAX_ATTEMPTS = 10

const KEYS = { included: 'big_segment_include', excluded: 'big_segment_exclude' } as const

/**
 * Opens a writer with a connection of its own, because WATCH applies to the whole connection. It watches and sets the lock key,
 * so that it excludes LaunchDarkly's Relay Proxy as well as writers of its own kind.
 */
export function openRedisBigSegmentWriter(
  route: Route,
  prefix: string,
  context: StoreContext,
): BigSegmentWriter {
  const connection = new RedisConnection(route, context)
  const lock = `${prefix}:big_segments_lock`
  const cursor = `${prefix}:big_segments_cursor`

  const call = <T>(
    operation: string,
    parent: AbortSignal,
    work: (client: RedisClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T> =>
    withDeadline(context.clock, CALL_MS, parent, (signal) =>
      connection.withClient(operation, signal, (client) => work(client, signal)),
    )

  const store = (part: Part, parent: AbortSignal): Promise<PatchResult> =>
    call('write big segments', parent, async (client, signal) => {
      const backoff = new Backoff({ ...context, ...CONFLICT })
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        signal.throwIfAborted()
        const [, stored] = await Promise.all([client.watch(lock, cursor), client.get(cursor)])
        if ((stored ?? undefined) !== part.expected) {
          await client.unwatch()
          return { type: 'refused', version: stored ?? undefined }
        }
        const transaction = client.multi().set(lock, '')
        if (part.version !== undefined) transaction.set(cursor, part.version)
        for (const { list, operation, hash } of part.changes) {
          const key = `${prefix}:${KEYS[list]}:${hash}`
          if (operation === 'add') transaction.sadd(key, part.reference)
          else transaction.srem(key, part.reference)
        }
        if (await executeTransaction(transaction)) return { type: 'applied' }
        await sleep(context.clock, backoff.failed(), signal)
      }
      throw new StoreError(
        'fenced',
        `${route.name}: cannot write big segments: another writer is writing them`,
      )
    })

  return {
    name: route.name,
    version: (signal) =>
      call(
        'read the version of big segments',
        signal,
        async (client) => (await client.get(cursor)) ?? undefined,
      ),
    async apply(patch, expected, signal) {
      for (const part of partsOf(patch, expected)) {
        const result = await store(part, signal)
        if (result.type === 'refused') return result
      }
      return { type: 'applied' }
    },
    async setSynchronizedOn(time, signal) {
      await call('write the time of big segments', signal, (client) =>
        client.set(`${prefix}:big_segments_synchronized_on`, String(time)),
      )
    },
    close: () => Promise.resolve(connection.close()),
  }
}

interface Part {
  readonly reference: string
  readonly changes: readonly MemberChange[]
  readonly expected: string | undefined
  /** Absent if more parts follow. */
  readonly version?: string
}

function* partsOf(patch: BigSegmentPatch, expected: string | undefined): Generator<Part, void, undefined> {
  const { reference, version } = patch
  let part: Part = { reference, changes: [], expected }
  for (const changes of inBatches(memberChanges(patch), { maxItems: CHANGES_PER_TRANSACTION })) {
    if (part.changes.length > 0) yield part
    part = { reference, changes, expected }
  }
  yield { ...part, version }
}
