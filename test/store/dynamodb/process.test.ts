import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { child, outcome } from '../../support/child.ts'
import { startDynalite } from '../../support/dynalite.ts'
import { never, row } from '../../support/store-writes.ts'
import { opened, TABLE, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())

it('closing a store ends its connections (D20)', async () => {
  const { store } = opened(database)
  const before = database.open
  await store.readAll(never)
  expect(database.open).toBeGreaterThan(before)
  await store.close()
  await expect.poll(() => database.open).toBeLessThanOrEqual(before)
})

it('a process that has read and listens still ends by itself (D20)', async () => {
  await opened(database).store.write(write('full', [row('a', 1)]), never)
  const script = join(import.meta.dirname, 'unclosed.ts')
  expect(await outcome(child(script, database.clientOptions.endpoint))).toEqual({
    code: 0,
    output: `{"type":"replaced"} ${row('a', 1).text}`,
  })
})
