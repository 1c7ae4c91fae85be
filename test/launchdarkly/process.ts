import { basicLogger, init } from '@launchdarkly/node-server-sdk'
import { presets } from '../../src/config/presets.ts'
import { halyard } from '../../src/launchdarkly/index.ts'

/** A process that waits for its flags, prints the result, and closes: `node process.ts URL`. */
const [streamUri = ''] = process.argv.slice(2)
const client = init('sdk-test', {
  streamUri,
  sendEvents: false,
  logger: basicLogger({ level: 'none' }),
  ...halyard(presets.streaming()),
})
await client.waitForInitialization()
process.stdout.write(`initialized ${client.initialized()}`)
client.close()
