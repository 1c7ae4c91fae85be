import { given, tell } from '../child.ts'
import type { FlagClient } from '../clients/client.ts'
import { CASES, type Case } from '../evaluation/cases.ts'
import { USERS } from '../evaluation/contexts.ts'
import { digest } from '../evaluation/digest.ts'
import { type Loop, promiseLoop, syncLoop } from '../evaluation/loops.ts'
import { ratePerSecond } from '../evaluation/rate.ts'
import { median, quantile } from '../median.ts'
import { quiet } from '../quiet.ts'
import { stay } from './stay.ts'
import { loadHalyardReader, loadReader, type ReaderPlace } from './stored-clients.ts'

export type ReaderName = 'halyard' | 'official' | 'halyard snapshot' | 'halyard snapshot, sync'

/** Measures reads of a client in daemon mode, in this process. */
export interface DaemonSpec {
  readonly name: ReaderName
  readonly redisPort: number
}

export interface DaemonCost {
  /** Microseconds for flags that were not read before. */
  readonly coldP50: number
  readonly coldP99: number
  /** Evaluations per second of flags that are cached: a single one, and a thousand in turn. */
  readonly single: number
  readonly inTurn: number
  /** Elapsed milliseconds for the state of all flags. */
  readonly stateCold: number
  readonly stateWarm: number
  /** Digest of the results. */
  readonly answers: string
}

/** A TTL that does not expire during the measurement. */
const TTL_MS = 600_000
const WARM_CALLS = 9
const [single, inTurn] = [CASES[0], CASES.at(-1)] as [Case, Case]

const { name, redisPort } = given<DaemonSpec>()
stay()
const { client, loopOf } = await open({ redisPort, cacheTtlMs: TTL_MS })
await quiet()
const cold = await evaluateCold(client)
const { stateCold, stateWarm, state } = await stateOf(client)
await quiet()
tell({
  ...cold,
  single: await ratePerSecond(loopOf(single)),
  inTurn: await ratePerSecond(loopOf(inTurn)),
  stateCold,
  stateWarm,
  answers: digest(state),
} satisfies DaemonCost)

async function open(place: ReaderPlace): Promise<{ client: FlagClient; loopOf: (each: Case) => Loop }> {
  switch (name) {
    case 'halyard':
    case 'official': {
      const opened = await (await loadReader(name))(place)
      return { client: opened, loopOf: (each) => promiseLoop(opened, each) }
    }
    case 'halyard snapshot':
    case 'halyard snapshot, sync': {
      const opened = await (await loadHalyardReader('snapshot'))(place)
      const loopOf = (each: Case): Loop =>
        name === 'halyard snapshot' ? promiseLoop(opened, each) : syncLoop(opened.sync, each)
      return { client: opened, loopOf }
    }
    default:
      return name satisfies never
  }
}

/** Reads each flag once, after a hundred others that opened the connection and warmed up the code. */
async function evaluateCold(asked: FlagClient): Promise<Pick<DaemonCost, 'coldP50' | 'coldP99'>> {
  for (const key of inTurn.keys.slice(0, 100))
    await asked.variationDetail(key.replace(/0$/, '5'), USERS[0], null)
  const took: number[] = []
  for (const key of inTurn.keys) {
    const begun = performance.now()
    await asked.variationDetail(key, USERS[0], null)
    took.push((performance.now() - begun) * 1_000)
  }
  return { coldP50: quantile(took, 0.5), coldP99: quantile(took, 0.99) }
}

async function stateOf(
  asked: FlagClient,
): Promise<Pick<DaemonCost, 'stateCold' | 'stateWarm'> & { readonly state: object }> {
  const once = async (): Promise<{ readonly ms: number; readonly state: object }> => {
    const begun = performance.now()
    const answer = await asked.allFlagsState(USERS[0])
    return { ms: performance.now() - begun, state: answer.toJSON() }
  }
  const { ms, state: first } = await once()
  const warm: number[] = []
  for (let call = 0; call < WARM_CALLS; call++) warm.push((await once()).ms)
  return { stateCold: ms, stateWarm: median(warm), state: first }
}
