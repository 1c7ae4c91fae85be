import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { child, outcome } from '../../support/child.ts'
import { startDynalite } from '../../support/dynalite.ts'
import { never, row } from '../../support/store-writes.ts'
import { opened, TABLE, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())

it('(D20) ends its connections when it is closed', async () => {
  const { store } = opened(database)
  const before = database.open
  await store.readAll(never)
  expect(database.open).toBeGreaterThan(before)
  await store.close()
  await expect.poll(() => database.open).toBeLessThanOrEqual(before)
})

it('(D20) does not keep the process alive after a read and with an open feed', async () => {
  await opened(database).store.write(write('full', [row('a', 1)]), never)
  const script = join(import.meta.dirname, 'unclosed.ts')
  expect(await outcome(child(script, database.clientOptions.endpoint))).toEqual({
    code: 0,
    output: `{"type":"replaced"} ${row('a', 1).text}`,
  })
})
