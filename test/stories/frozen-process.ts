import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'

/** A process that prints the version of flag `a` each time it changes, by plan: `node frozen-process.ts URL`. */
const [url = ''] = process.argv.slice(2)
const plans = [
  ['default', presets.default(), {}],
  ['streaming', presets.streaming(), {}],
  ['fdv1', presets.streaming(), { dataSavingMode: false }],
] as const
for (const [name, plan, options] of plans) {
  const system = createDataSystem(`sdk-${name}`, plan, {
    proxy: 'none',
    endpoints: { polling: url, streaming: url },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...options,
  })
  const print = (): void => console.log(`${name} ${system.flag('a')?.version}`)
  system.on('change', print)
}
// Data systems keep no process alive.
setInterval(() => {}, 60_000)
