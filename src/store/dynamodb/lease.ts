import type { Clock } from '../../async/clock.ts'
import type { Lease } from '../../model/persistent-store.ts'
import type { ItemKey } from './items.ts'
import type { Table } from './table.ts'

const NAMES = { '#holder': 'holder', '#expiresAt': 'expiresAt' }

/**
 * Returns a lease in one item: holder, expiry and fencing token. Expiry uses the clock of each process: if clocks
 * differ, the lease changes hands too early or too late, and the fencing token excludes the former holder.
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
      // The fencing token remains, because it must grow with the next holder.
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
