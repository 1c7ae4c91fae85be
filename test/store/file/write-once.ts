import { systemClock } from '../../../src/async/clock.ts'
import type { StoreError } from '../../../src/model/errors.ts'
import { fileStore } from '../../../src/store/file/file-store.ts'
import { never } from '../../support/store-writes.ts'
import { flag, full } from './writes.ts'

/**
 * A process that writes one row of LENGTH characters and prints the outcome: `node write-once.ts PATH LENGTH [UID]`.
 * With UID it becomes that user once its modules are loaded, because the project may lie where only root may read.
 */
const [path = '', length = '0', user] = process.argv.slice(2)
if (user !== undefined) {
  process.setgroups?.([])
  process.setgid?.(Number(user))
  process.setuid?.(Number(user))
}
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const { store } = fileStore(path).open({ clock: systemClock, random: () => 0, logger })
const write = full(2, flag('a', 2, { note: 'x'.repeat(Number(length)) }))
const outcome = await store.write(write, never).then(
  () => 'written',
  ({ name, kind, message }: StoreError) => (name === 'StoreError' ? `${kind}: ${message}` : 'another error'),
)
process.stdout.write(outcome)
