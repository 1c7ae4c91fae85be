import { systemClock } from '../src/async/clock.ts'
import { startDevServer } from '../src/cli/dev.ts'
import { createDataSystem, presets } from '../src/index.ts'
import { buildBridge } from './bridge.ts'
import { FlagFile } from './flag-file.ts'
import { keepReading } from './reader.ts'
import { say, size, table, title } from './report.ts'
import { Witness } from './witness.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

const file = new FlagFile()
const server = await startDevServer({ path: file.path, port: 0, logger: quiet, pollIntervalMs: 25 })
const polling = await buildBridge(server.url)
const streaming = await buildBridge(server.url)
const plain = await fetch(`${server.url}/sdk/poll`, { headers: { 'accept-encoding': 'identity' } })
const fullBytes = (await plain.arrayBuffer()).byteLength

title('An application starts: everything once, by a poll')
const startedAt = systemClock.monotonic()
const dataSystem = createDataSystem('sdk-demo', presets.default(), {
  endpoints: { polling: polling.url, streaming: streaming.url },
  logger: quiet,
  // Minutes in production; here the whole story has to fit into half of one.
  timings: { pollIntervalMs: 500, interruptedMs: 1_500, recoveryMs: 2_500, initialReconnectDelayMs: 300 },
})
const witness = new Witness(dataSystem, file)
await dataSystem.waitForInitialization({ timeoutMs: 5_000 })
const initialMs = systemClock.monotonic() - startedAt
const initialBytes = polling.bytes
const { flags, segments } = dataSystem.snapshot()
say(`${flags.size} flags and ${segments.size} segments in ${initialMs.toFixed(0)} ms`)
say(`for ${size(initialBytes)}, which is ${size(fullBytes)} unpacked`)
const reader = keepReading(dataSystem, [...flags.keys()])
await witness.source('streaming')
const openBytes = streaming.bytes

title('Flags are edited: each arrives as a delta, by the stream')
for (let edit = 0; edit < 3; edit++) await witness.edit('streaming', streaming)
const editBytes = streaming.bytes - openBytes

title('The connection drops for a moment: the reconnect costs only what changed')
const bytesBeforeDrop = streaming.bytes
streaming.cut()
await witness.edit('streaming', streaming)
const reconnectBytes = streaming.bytes - bytesBeforeDrop

title('The stream dies: polls take over')
const bytesBeforeOutage = polling.bytes
const pollsBeforeOutage = polling.requests
streaming.raise()
await witness.source('polling')
await witness.edit('polling', polling)

title('The stream can be reached again: back to it, without a gap')
const bytesBeforeReturn = streaming.bytes
streaming.lower()
await witness.source('streaming')
const outageBytes = polling.bytes - bytesBeforeOutage
const polls = polling.requests - pollsBeforeOutage
await witness.edit('streaming', streaming)
const returnBytes = streaming.bytes - bytesBeforeReturn

const reads = reader.stop()
await dataSystem.close()
polling.close()
streaming.close()
await server.close()
file.remove()

title(
  'Bytes to the application, and what the same life costs where every start and every reconnect of a\nstream brings everything, and so does every poll, compressed',
)
table([
  { part: 'start', withSaving: initialBytes + openBytes, without: fullBytes },
  { part: '3 edits by the stream', withSaving: editBytes, without: editBytes },
  { part: 'dropped connection, 1 edit', withSaving: reconnectBytes, without: fullBytes },
  {
    part: `outage of the stream: ${polls} polls, 1 edit`,
    withSaving: outageBytes,
    without: polls * initialBytes,
  },
  { part: 'return to the stream, 1 edit', withSaving: returnBytes, without: fullBytes },
])
if (reads.empty > 0) throw new Error(`${reads.empty} of ${reads.total} reads found nothing`)
console.log(
  `\nSeen: ${flags.size} flags arrived by one poll and ${witness.edits} edits as deltas; the stream dropped and died, polls took over, ` +
    `the stream came back by itself, and none of ${reads.total.toLocaleString('en')} reads meanwhile was without data.`,
)
