import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { given, tell } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { openClient } from '../clients/open-client.ts'
import { median } from '../median.ts'
import { quiet } from '../quiet.ts'
import { USERS } from './contexts.ts'
import { digest } from './digest.ts'

/** The state of all flags; this module is the process it is measured in. */
export interface StateSpec {
  readonly name: ClientName
  readonly url: string
  /**
   * What initialization allocated: `left` to the collector, which has more to do during the first call the less it had
   * to do before; or `collected`, as it is some time after.
   */
  readonly garbage: 'left' | 'collected'
}

/** Milliseconds of processor time of this thread: how long nothing else runs, on a machine that has time. */
export interface StateCost {
  readonly first: number
  /** The same with its JSON. */
  readonly firstJson: number
  readonly warm: number
  readonly warmJson: number
  /** Of what was answered. */
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
