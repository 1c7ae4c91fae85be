import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { given, tell } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { openClient } from '../clients/open-client.ts'
import { median } from '../median.ts'
import { quiet } from '../quiet.ts'
import { USERS } from './contexts.ts'
import { digest } from './digest.ts'

/** Measures the state of all flags in this process. */
export interface StateSpec {
  readonly name: ClientName
  readonly url: string
  /**
   * The garbage of the initialization: `left` to the collector, which then has more work during the first call, or `collected`, as
   * some time after the start.
   */
  readonly garbage: 'left' | 'collected'
}

/** Processor time of this thread in milliseconds: the time for which it is blocked on an idle machine. */
export interface StateCost {
  readonly first: number
  /** The same, including JSON. */
  readonly firstJson: number
  readonly warm: number
  readonly warmJson: number
  /** Digest of the results. */
  readonly answers: string
}

const WARM_CALLS = 15

const { name, url, garbage } = given<StateSpec>()
const client = await openClient(name, url)
await quiet()
if (garbage === 'collected') {
  collectGarbage()
  await quiet()
}
const first = await once()
const warm: Call[] = []
for (let call = 0; call < 2 * WARM_CALLS; call++) warm.push(await once())
const counted = warm.slice(WARM_CALLS)
tell({
  first: first.state,
  firstJson: first.json,
  warm: median(counted.map(({ state }) => state)),
  warmJson: median(counted.map(({ json }) => json)),
  answers: digest(first.result),
} satisfies StateCost)

interface Call {
  readonly state: number
  readonly json: number
  readonly result: object
}

async function once(): Promise<Call> {
  const begun = process.threadCpuUsage()
  const result = await client.allFlagsState(USERS[0])
  const state = since(begun)
  JSON.stringify(result)
  return { state, json: since(begun), result }
}

function since(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(begun)
  return (user + system) / 1000
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
