import dns from 'node:dns'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'

/**
 * A process with a data system that is never closed: `node unclosed.ts URL [refusing address]`. With a second
 * argument, that address comes first wherever a name is looked up.
 */
const [url = '', refusing] = process.argv.slice(2)
if (refusing) resolveAllNamesTo([refusing, '127.0.0.1'])

const dataSystem = createDataSystem('sdk-test', presets.streaming(), { endpoints: { streaming: url } })
const { reason } = await dataSystem.waitForInitialization()
process.once('beforeExit', () => {
  const { state, source } = dataSystem.status.current
  process.stdout.write(`${reason}, ${state} ${source}, checkout ${dataSystem.flag('checkout')?.version}`)
})

function resolveAllNamesTo(addresses: readonly string[]): void {
  const lookup: unknown = (_name: string, _options: unknown, callback: (...args: unknown[]) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    )
  dns.lookup = lookup as typeof dns.lookup
}
