import { systemClock } from '../../../src/async/clock.ts'
import { fileStore } from '../../../src/store/file/file-store.ts'
import { never } from '../../support/store-writes.ts'
import { delta, flag, full } from './writes.ts'

/** A process that writes until it is killed: `node write-on-and-on.ts PATH ROWS`. All rows have one version at any time. */
const [path = '', count = '0'] = process.argv.slice(2)
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const { store } = fileStore(path, { saveEveryMs: 0 }).open({ clock: systemClock, random: () => 0, logger })
const keys = Array.from({ length: Number(count) }, (_, index) => `flag-${index}`)
for (let version = 1; ; version++) {
  const rows = keys.map((key) => flag(key, version, { note: 'x'.repeat(version % 300) }))
  const revision = process.pid * 1_000 + version
  await store.write(version % 5 === 1 ? full(revision, ...rows) : delta(revision, ...rows), never)
  if (version === 1) process.stdout.write('writing\n')
}
