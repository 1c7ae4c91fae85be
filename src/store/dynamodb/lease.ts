import type { Clock } from '../../async/clock.ts'
import type { Lease } from '../../model/persistent-store.ts'
import type { ItemKey } from './items.ts'
import type { Table } from './table.ts'

const NAMES = { '#holder': 'holder', '#expiresAt': 'expiresAt' }

/**
 * The right to write, as an item: who has it, until when, and how often it has changed hands. The time is that of each
 * asker's clock: where clocks differ, it passes on so much too early or late, and the fence keeps the former holder out.
 */
export function dynamodbLease(table: Table, key: ItemKey, clock: Clock): Lease {
  return {
    async acquire(holder, ttlMs, signal) {
      const now = clock.now()
      const times = { ':now': { N: String(now) }, ':until': { N: String(now + ttlMs) } }
      const values = { ':holder': { S: holder }, ...times }
      const kept = await table.update(
        key,
        {
          UpdateExpression: 'SET #expiresAt = :until',
          ConditionExpression: '#holder = :holder AND #expiresAt > :now',
          ExpressionAttributeNames: NAMES,
          ExpressionAttributeValues: values,
        },
        signal,
      )
      if (kept) return Number(kept.fence?.N)
      const taken = await table.update(
        key,
        {
          UpdateExpression: 'SET #holder = :holder, #expiresAt = :until ADD #fence :one',
          ConditionExpression: 'attribute_not_exists(#holder) OR #expiresAt <= :now',
          ExpressionAttributeNames: { ...NAMES, '#fence': 'fence' },
          ExpressionAttributeValues: { ...values, ':one': { N: '1' } },
        },
        signal,
      )
      return taken && Number(taken.fence?.N)
    },
    async release(holder, signal) {
      // The fence stays: it has to grow with the next holder.
      await table.update(
        key,
        {
          UpdateExpression: 'REMOVE #holder, #expiresAt',
          ConditionExpression: '#holder = :holder',
          ExpressionAttributeNames: NAMES,
          ExpressionAttributeValues: { ':holder': { S: holder } },
        },
        signal,
      )
    },
  }
}
