import type { WriteRequest } from '@aws-sdk/client-dynamodb'
import type { Kind } from '../../model/change-set.ts'
import type { StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import { inParallel } from '../in-parallel.ts'
import { portions } from '../portions.ts'
import { attributesOf, toItem } from './items.ts'
import { type Survey, survey } from './survey.ts'
import { untilDone } from './until-done.ts'
import { AT_ONCE, sift, type Writing } from './writing.ts'

/** As many as DynamoDB takes at once. */
const BATCH = 25

/**
 * Replaces everything. DynamoDB has no transaction over so many rows, so their order has to do: the sidecar goes first,
 * then rows are put, segments before flags, then what is left over is deleted, and only when all of that was
 * acknowledged come marker and sidecar. A row that is there already is not written again, so that an attempt which
 * follows a failed one begins where that ended.
 */
export async function writeFull(write: StoreWrite, writing: Writing): Promise<WriteReport> {
  const { table, names, sidecar, signal } = writing
  const { rows, refused } = sift(write.rows, names)
  const look = (kind: Kind): Promise<Survey> =>
    survey({
      ...writing,
      kind,
      rows: rows.filter((row) => row.kind === kind),
      untouched: new Set(refused.filter((row) => row.kind === kind).map(({ key }) => key)),
    })
  const put = (kind: Kind, { missing }: Survey): Promise<void> =>
    send(
      missing.map((row) => ({ PutRequest: { Item: toItem(names.partition(kind), row) } })),
      writing,
    )
  const clear = (kind: Kind, { leftover }: Survey): Promise<void> =>
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

async function send(requests: readonly WriteRequest[], { table, patience, signal }: Writing): Promise<void> {
  // With a signal that no failure aborts: what is cut may still be done, after whoever was told of the failure began anew.
  await inParallel(portions(requests, { most: BATCH }), AT_ONCE, signal, (batch) =>
    untilDone(batch, (left) => table.write(left, signal), patience, signal),
  )
}
