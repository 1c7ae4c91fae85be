import { inWriteOrder } from '../../layout/row.ts'
import type { StoreWrite, VersionedRow, WriteReport } from '../../model/persistent-store.ts'
import { inParallel } from '../in-parallel.ts'
import { isThrottled } from './errors.ts'
import { attributesOf, toItem } from './items.ts'
import { untilDone } from './until-done.ts'
import { AT_ONCE, sift, type Writing } from './writing.ts'

/**
 * Writes each row that is newer than what is there, then the marker if the write is a merge, then the sidecar. Each by itself, not in a transaction: that would
 * write none where one is older. Whoever resumes after a delta that was cut short finds that rows and sidecar differ.
 */
export async function writeDelta(write: StoreWrite, writing: Writing): Promise<WriteReport> {
  const { names, sidecar, signal } = writing
  const { rows, refused } = sift(write.rows, names)
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
async function putIfNewer(row: VersionedRow, { table, names, patience, signal }: Writing): Promise<boolean> {
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
  await untilDone([put], attempt, patience, signal)
  return written
}
