import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'
import { startDynalite } from '../../support/dynalite.ts'
import { opened, row, signal, TABLE, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())

it('closing a store ends its connections (D20)', async () => {
  const { store } = opened(database)
  const before = database.open
  await store.readAll(signal)
  expect(database.open).toBeGreaterThan(before)
  await store.close()
  await vi.waitFor(() => expect(database.open).toBeLessThanOrEqual(before))
})

it('a process that has read and listens still ends by itself (D20)', async () => {
  await opened(database).store.write(write('full', [row('a', 1)]), signal)
  const script = fileURLToPath(new URL('./unclosed.ts', import.meta.url))
  const child = spawn(process.execPath, [script, database.clientOptions.endpoint], {
    env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1' },
    timeout: 15_000,
    killSignal: 'SIGKILL',
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)))
  const ended = await new Promise((resolve) =>
    child.on('close', (code, killed) => resolve({ code, killed, out })),
  )
  expect(ended).toEqual({ code: 0, killed: null, out: `{"type":"replaced"} ${row('a', 1).text}` })
})
