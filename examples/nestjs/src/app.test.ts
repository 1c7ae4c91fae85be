import 'reflect-metadata'
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { INestApplication } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { createClient, presets } from 'halyard'
import { TestData } from 'halyard/testing'
import { AppModule } from './app.module'
import { FLAG_CLIENT } from './flags.module'

const flags = new TestData()
let application: INestApplication
let url: string

beforeEach(async () => {
  const dataSystem = presets.custom({ initializers: [], synchronizers: [flags.synchronizer()] })
  const client = createClient('sdk-key', { dataSystem, sendEvents: false })
  const module = Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(FLAG_CLIENT)
    .useValue(client)
  application = (await module.compile()).createNestApplication()
  await application.listen(0, '127.0.0.1')
  url = await application.getUrl()
})

afterEach(() => application.close()) // closes the client, too

test('hides the checkout from visitors without the flag', async () => {
  flags.set({
    key: 'new-checkout',
    on: true,
    variations: [true, false],
    targets: [{ variation: 0, values: ['ada'] }],
    fallthrough: { variation: 1 },
  })
  assert.equal((await fetch(`${url}/checkout?user=ada`)).status, 200)
  assert.equal((await fetch(`${url}/checkout?user=bob`)).status, 404)
})
