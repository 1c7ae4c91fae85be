import { createClient, presets } from '../../src/index.ts'
import { TestData } from '../../src/testing/index.ts'

// Evaluates without end and never closes its client. Prints the number of evaluations before each turn of the event loop.
const [, , url = ''] = process.argv
const flag = { key: 'f', on: true, variations: ['x'], fallthrough: { variation: 0 }, offVariation: 0 }
const data = new TestData({ flags: [flag] })
const client = createClient('sdk-key', {
  dataSystem: presets.custom({ initializers: [], synchronizers: [data.synchronizer()] }),
  eventsUri: url,
  events: { flushIntervalMs: 200, diagnosticOptOut: true },
})
await client.waitForInitialization()
for (let count = 0; ; ) {
  for (let index = 0; index < 50; index++, count++)
    client.sync.variation('f', { kind: 'user', key: 'u' }, 'd')
  process.stdout.write(`${count} ${Date.now()}\n`)
  await new Promise((resolve) => setTimeout(resolve, 5))
}
