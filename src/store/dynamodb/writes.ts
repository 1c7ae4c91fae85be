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

/** Maximum number of requests in a BatchWriteItem. */
const MAX_BATCH = 25

/**
 * Replaces all data. DynamoDB has no transaction over so many rows, so the order ensures that incomplete data is
 * recognized: remove the sidecar, put rows, segments before flags, delete the remaining rows, and write marker and
 * sidecar last. Rows that are stored already are not written again, so that a retry continues where the last attempt
 * ended.
 */
export async function writeFull(write: StoreWrite, writing: DynamodbWrite): Promise<WriteReport> {
  const { table, names, sidecar, signal } = writing
  const { rows, refused } = separateRefused(write.rows, names)
  const compare = (kind: ItemKind): Promise<PartitionDifference> =>
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
  const [segments, flags] = await Promise.all([compare('segment'), compare('flag')])
  await put('segment', segments)
  await put('flag', flags)
  // Rows of a new lease holder must not be deleted.
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
  // A failed batch does not abort the others: an aborted request may still be applied, after the caller has started
  // again.
  await inParallel(inBatches(requests, { maxItems: MAX_BATCH }), CONCURRENCY, signal, (batch) =>
    sendUntilDone(batch, (left) => table.write(left, signal), retryContext, signal),
  )
}

/**
 * Writes the rows that are newer than the stored ones, then the marker if the write is a merge, then the sidecar.
 * Each row is a request of its own, because a transaction would fail completely if one stored row were newer. A
 * reader that resumes after an interrupted delta finds that rows and digest differ.
 */
export async function writeDelta(write: StoreWrite, writing: DynamodbWrite): Promise<WriteReport> {
  const { names, sidecar, signal } = writing
  const { rows, refused } = separateRefused(write.rows, names)
  let older = 0
  await sidecar.confirm(signal)
  const ordered = inWriteOrder(rows)
  for (const kind of ['segment', 'flag'] as const) {
    const ofKind = ordered.filter((row) => row.kind === kind)
    // A failed row does not abort the others, as in a full write.
    await inParallel(ofKind, CONCURRENCY, signal, async (row) => {
      if (!(await putIfNewer(row, writing))) older++
    })
  }
  if (write.type === 'merge') await writing.table.put({ Item: attributesOf(names.marker) }, signal)
  const replaced = await sidecar.write(write.sidecar, signal)
  return { refused, older, ...(replaced !== undefined && { replaced }) }
}

/** Writes a row if it is newer. A stored row without a version, which no SDK writes, is older than any. */
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

interface PartitionDifference {
  /** Rows that are missing or differ, in their given order. */
  readonly missing: readonly VersionedRow[]
  readonly leftover: readonly string[]
}

interface PartitionComparison {
  readonly table: Table
  readonly names: TableNames
  readonly kind: ItemKind
  readonly rows: readonly VersionedRow[]
  /** Keys that must not be deleted. */
  readonly untouched: ReadonlySet<string>
  readonly signal: AbortSignal
}

/**
 * Compares a partition with the expected rows. Reading only keys would cost the same, because DynamoDB charges for
 * the size of the items, not for the size of the result.
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
  const expected = new Set(missing.keys())
  const leftover: string[] = []
  const options = { consistency: 'strong', select: 'items' } as const
  for await (const { items } of table.pages(names.partition(kind), options, signal)) {
    for (const item of items) {
      const { key, text, version } = toRow(kind, item)
      const row = missing.get(key)
      if (row && row.text === text && row.version === version) missing.delete(key)
      if (!expected.has(key) && !untouched.has(key)) leftover.push(key)
    }
  }
  return { missing: [...missing.values()], leftover }
}

interface RetryContext {
  readonly clock: Clock
  readonly random: () => number
}

const MAX_IDLE_ATTEMPTS = 10

/**
 * Sends work, and repeats with backoff what the database did not process. Rejects after several attempts without
 * progress.
 */
async function sendUntilDone<T>(
  work: readonly T[],
  send: (work: readonly T[]) => Promise<readonly T[]>,
  { clock, random }: RetryContext,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff({ clock, random, baseMs: 50, maxMs: 5_000 })
  let left = await send(work)
  for (let idleAttempts = 0; left.length > 0; ) {
    if (idleAttempts === MAX_IDLE_ATTEMPTS) {
      throw new StoreError('unavailable', `DynamoDB is overloaded: ${left.length} writes were not processed`)
    }
    await sleep(clock, backoff.failed(), signal)
    const before = left.length
    left = await send(left)
    idleAttempts = left.length < before ? 0 : idleAttempts + 1
  }
}

interface DynamodbWrite {
  readonly table: Table
  readonly names: TableNames
  readonly sidecar: SidecarItem
  readonly retryContext: RetryContext
  readonly signal: AbortSignal
}

const CONCURRENCY = 8

interface SeparatedRows {
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
