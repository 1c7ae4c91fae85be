import { given, tell } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { openClient } from '../clients/open-client.ts'
import { quiet } from '../quiet.ts'
import { USERS } from './contexts.ts'

/** Measures how long states that are requested at once block the event loop in this process. */
export interface PausesSpec {
  readonly name: ClientName
  readonly url: string
  /** Number of calls at once. */
  readonly calls: number
}

/** Processor time of this thread in milliseconds. */
export interface Pauses {
  readonly longestBlock: number
  readonly total: number
}

const { name, url, calls } = given<PausesSpec>()
const client = await openClient(name, url)
await quiet()

let longestBlock = 0
let turnBegan = process.threadCpuUsage()
let running = true
turn()
const begun = process.threadCpuUsage()
await Promise.all(Array.from({ length: calls }, () => client.allFlagsState(USERS[0])))
const total = since(begun)
await new Promise((resolve) => setImmediate(resolve))
running = false
tell({ longestBlock, total } satisfies Pauses)

/** Measures the time between two turns of the event loop. */
function turn(): void {
  longestBlock = Math.max(longestBlock, since(turnBegan))
  turnBegan = process.threadCpuUsage()
  if (running) setImmediate(turn)
}

function since(from: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(from)
  return (user + system) / 1000
}
