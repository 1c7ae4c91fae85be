import type { WriteRequest } from '@aws-sdk/client-dynamodb'
import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { sleep } from '../../async/sleep.ts'
import { inWriteOrder } from '../../layout/row.ts'
import type { ItemKind } from '../../model/change-set.ts'
import { StoreError } from '../../model/errors.ts'
import type { RefusedRow, StoreWrite, VersionedRow, WriteReport } from '../../model/persistent-store.ts'
import { inBatches, inParallel } from '../batching.ts'
import { isThrottled } from './errors.ts'
import { attributesOf, reasonToRefuse, type TableNames, toItem, toRow } from './items.ts'
import type { SidecarItem } from './sidecar-item.ts'
import type { Table } from './table.ts'

/** As many as DynamoDB takes at once. */
const BATCH = 25

/**
 * Replaces everything. DynamoDB has no transaction over so many rows, so their order has to do: the sidecar goes first,
 * then rows are put, segments before flags, then what is left over is deleted, and only when all of that was
 * acknowledged come marker and sidecar. A row that is there already is not written again, so that an attempt which
 * follows a failed one begins where that ended.
 */
export async function writeFull(write: StoreWrite, writing: DynamodbWrite): Promise<WriteReport> {
  const { table, names, sidecar, signal } = writing
  const { rows, refused } = separateRefused(write.rows, names)
  const look = (kind: ItemKind): Promise<PartitionDifference> =>
    comparePartition({
      ...writing,
      kind,
      rows: rows.filter((row) => row.kind === kind),
      untouched: new Set(refused.filter((row) => row.kind === kind).map(({ key }) => key)),
    })
  const put = (kind: ItemKind, { missing }: PartitionDifference): Promise<void> =>
    send(
      missing.map((row) => ({ PutRequest: { Item: toItem(names.partition(kind), row) } })),
      writing,
    )
  const clear = (kind: ItemKind, { leftover }: PartitionDifference): Promise<void> =>
    send(
      leftover.map((key) => ({
        DeleteRequest: { Key: attributesOf({ namespace: names.partition(kind), key }) },
      })),
      writing,
    )

  await sidecar.remove(signal)
  const [segments, flags] = await Promise.all([look('segment'), look('flag')])
  await put('segment', segments)
  await put('flag', flags)
  // What a successor put meanwhile must not be taken for a leftover.
  await sidecar.confirm(signal)
  await clear('flag', flags)
  await clear('segment', segments)
  await table.put({ Item: attributesOf(names.marker) }, signal)
  await sidecar.write(write.sidecar, signal)
  return { refused, older: 0 }
}

async function send(
  requests: readonly WriteRequest[],
  { table, retryContext, signal }: DynamodbWrite,
): Promise<void> {
  // With a signal that no failure aborts: what is cut may still be done, after whoever was told of the failure began anew.
  await inParallel(inBatches(requests, { maxItems: BATCH }), AT_ONCE, signal, (batch) =>
    sendUntilDone(batch, (left) => table.write(left, signal), retryContext, signal),
  )
}

/**
 * Writes each row that is newer than what is there, then the marker if the write is a merge, then the sidecar. Each by itself, not in a transaction: that would
 * write none where one is older. Whoever resumes after a delta that was cut short finds that rows and sidecar differ.
 */
export async function writeDelta(write: StoreWrite, writing: DynamodbWrite): Promise<WriteReport> {
  const { names, sidecar, signal } = writing
  const { rows, refused } = separateRefused(write.rows, names)
  let older = 0
  await sidecar.confirm(signal)
  const ordered = inWriteOrder(rows)
  for (const kind of ['segment', 'flag'] as const) {
    const ofKind = ordered.filter((row) => row.kind === kind)
    // With the signal of the whole, as in a full write: what is begun is better seen to its end.
    await inParallel(ofKind, AT_ONCE, signal, async (row) => {
      if (!(await putIfNewer(row, writing))) older++
    })
  }
  if (write.type === 'merge') await writing.table.put({ Item: attributesOf(names.marker) }, signal)
  const replaced = await sidecar.write(write.sidecar, signal)
  return { refused, older, ...(replaced !== undefined && { replaced }) }
}

/** A row without a version, which no SDK writes, is older than any. */
async function putIfNewer(
  row: VersionedRow,
  { table, names, retryContext, signal }: DynamodbWrite,
): Promise<boolean> {
  const put = {
    Item: toItem(names.partition(row.kind), row),
    ConditionExpression: 'attribute_not_exists(#version) OR #version < :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: String(row.version) } },
  }
  let written = false
  const attempt = async (work: readonly (typeof put)[]): Promise<readonly (typeof put)[]> => {
    try {
      written = await table.put(put, signal)
      return []
    } catch (error) {
      if (isThrottled(error)) return work
      throw error
    }
  }
  await sendUntilDone([put], attempt, retryContext, signal)
  return written
}

/** What it takes to make a partition hold just some rows. */
interface PartitionDifference {
  /** Rows that are not there yet, or another text or version is. In the order they were given in. */
  readonly missing: readonly VersionedRow[]
  /** Keys nobody asked for. */
  readonly leftover: readonly string[]
}

export interface PartitionComparison {
  readonly table: Table
  readonly names: TableNames
  readonly kind: ItemKind
  /** What is to be there. */
  readonly rows: readonly VersionedRow[]
  /** Keys to leave alone, whatever is there. */
  readonly untouched: ReadonlySet<string>
  readonly signal: AbortSignal
}

/**
 * Reads a partition and compares. Reading keys alone would cost just as much: DynamoDB counts what it reads, not what it
 * returns.
 */
async function comparePartition({
  table,
  names,
  kind,
  rows,
  untouched,
  signal,
}: PartitionComparison): Promise<PartitionDifference> {
  const missing = new Map(rows.map((row) => [row.key, row]))
  const wanted = new Set(missing.keys())
  const leftover: string[] = []
  for await (const page of table.pages(names.partition(kind), 'strong', signal)) {
    for (const item of page) {
      const { key, text, version } = toRow(kind, item)
      const row = missing.get(key)
      if (row && row.text === text && row.version === version) missing.delete(key)
      if (!wanted.has(key) && !untouched.has(key)) leftover.push(key)
    }
  }
  return { missing: [...missing.values()], leftover }
}

interface RetryContext {
  readonly clock: Clock
  readonly random: () => number
}

/** So often in a row a database may do nothing of what it is asked. */
const MOST_BARREN = 10

/**
 * Sends what is to be done, and again what the database left undone, with growing waits. Rejects when several attempts
 * in a row brought nothing, or as `send` does, which is asked once more after the signal aborted.
 */
async function sendUntilDone<T>(
  work: readonly T[],
  send: (work: readonly T[]) => Promise<readonly T[]>,
  { clock, random }: RetryContext,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff({ clock, random, baseMs: 50, maxMs: 5_000 })
  let left = await send(work)
  for (let barren = 0; left.length > 0; ) {
    if (barren === MOST_BARREN) {
      throw new StoreError('unavailable', `DynamoDB is overloaded: ${left.length} writes were left undone`)
    }
    await sleep(clock, backoff.failed(), signal)
    const before = left.length
    left = await send(left)
    barren = left.length < before ? 0 : barren + 1
  }
}

/** What a write needs, whichever it is. */
interface DynamodbWrite {
  readonly table: Table
  readonly names: TableNames
  readonly sidecar: SidecarItem
  readonly retryContext: RetryContext
  readonly signal: AbortSignal
}

/** How many requests are under way at once. */
const AT_ONCE = 8

/** Rows the table can hold, and those it cannot. */
export interface SeparatedRows {
  readonly rows: readonly VersionedRow[]
  readonly refused: readonly RefusedRow[]
}

function separateRefused(rows: readonly VersionedRow[], { partition }: TableNames): SeparatedRows {
  const refused = rows.flatMap((row) => {
    const reason = reasonToRefuse(partition(row.kind), row)
    return reason === undefined ? [] : [{ row, reason }]
  })
  const unfit = new Set(refused.map(({ row }) => row))
  return {
    rows: refused.length === 0 ? rows : rows.filter((row) => !unfit.has(row)),
    refused: refused.map(({ row: { kind, key }, reason }) => ({ kind, key, reason })),
  }
}
