import { systemClock } from '../src/async/clock.ts'
import { startDevServer } from '../src/cli/dev.ts'
import { createDataSystem, presets } from '../src/index.ts'
import { buildBridge } from './bridge.ts'
import { FlagFile } from './flag-file.ts'
import { keepReading } from './reader.ts'
import { log, size, table, title } from './report.ts'
import { Witness } from './witness.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

const file = new FlagFile()
const server = await startDevServer({ files: [file.path], port: 0, logger: quiet, fileIntervalMs: 100 })
const polling = await buildBridge(server.url)
const streaming = await buildBridge(server.url)
const plain = await fetch(`${server.url}/sdk/poll`, { headers: { 'accept-encoding': 'identity' } })
const fullBytes = (await plain.arrayBuffer()).byteLength

title('Start: one poll brings the full payload')
const startedAt = systemClock.monotonic()
const dataSystem = createDataSystem('sdk-demo', presets.default(), {
  endpoints: { polling: polling.url, streaming: streaming.url },
  logger: quiet,
  // These are minutes in production. The demonstration takes half a minute.
  timings: { pollIntervalMs: 500, interruptedMs: 1_500, recoveryMs: 2_500, initialReconnectDelayMs: 300 },
})
const witness = new Witness(dataSystem, file)
await dataSystem.waitForInitialization({ timeoutMs: 5_000 })
const initialMs = systemClock.monotonic() - startedAt
const initialBytes = polling.bytes
const { flags, segments } = dataSystem.snapshot()
log(`${flags.size} flags and ${segments.size} segments in ${initialMs.toFixed(0)} ms`)
log(`${size(initialBytes)} compressed, ${size(fullBytes)} uncompressed`)
const reader = keepReading(dataSystem, [...flags.keys()])
await witness.source('streaming')
const openBytes = streaming.bytes

title('Flags are edited: the stream brings each change as a delta')
for (let edit = 0; edit < 3; edit++) await witness.edit('streaming', streaming)
const editBytes = streaming.bytes - openBytes

title('The connection drops: the reconnect costs only the changes')
const bytesBeforeDrop = streaming.bytes
streaming.cut()
await witness.edit('streaming', streaming)
const reconnectBytes = streaming.bytes - bytesBeforeDrop

title('The stream fails: polls take over')
const bytesBeforeOutage = polling.bytes
const pollsBeforeOutage = polling.requests
streaming.raise()
await witness.source('polling')
await witness.edit('polling', polling)

title('The stream can be reached again: it takes over from the polls, without a gap')
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
  'Bytes sent to the application, and bytes without data saving, where every start, every reconnect and\nevery poll brings the full payload (polls compressed)',
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
if (reads.empty > 0) throw new Error(`${reads.empty} of ${reads.total} reads found no data`)
console.log(
  `\nResult: one poll brought ${flags.size} flags, and deltas ${witness.edits} changes. The stream dropped and failed, polls took over, ` +
    `and the stream returned. All ${reads.total.toLocaleString('en')} reads found data.`,
)
