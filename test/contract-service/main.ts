import { parseArgs } from 'node:util'
import { startContractService } from './contract-service.ts'

/** Default port of the suite. */
const DEFAULT_PORT = '8000'

const { values } = parseArgs({ options: { port: { type: 'string', default: DEFAULT_PORT } } })
const service = await startContractService({
  port: Number(values.port),
  write: (line) => console.info(line),
})
console.info(`The contract service listens on ${service.url}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void service.close())
