import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { child, outcome } from '../support/child.ts'
import { startDynalite } from '../support/dynalite.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'

const SCRIPT = join(import.meta.dirname, 'unclosed.ts')

describeWithRedis('a process with big segments in Redis', () => {
  it('(BS4.7) is kept alive by no poll, also if the server hangs', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    expect(await outcome(child(SCRIPT, 'redis', server.url))).toEqual({ code: 0, output: 'a STALE' })
    server.pause()
    expect(await outcome(child(SCRIPT, 'redis', server.url, 'unanswered'))).toEqual({ code: 0, output: '' })
  })
})

it('(BS4.7) polls of DynamoDB keep no process alive', async () => {
  const database = await startDynalite()
  onTestFinished(() => database.close())
  await database.createTable('flags')
  const process = child(SCRIPT, 'dynamodb', database.clientOptions.endpoint)
  expect(await outcome(process)).toEqual({ code: 0, output: 'a STALE' })
})
