import { once } from 'node:events'
import { join } from 'node:path'
import { inTurn, type Rounds } from '../processes/in-turn.ts'
import type { Packages } from '../processes/installed.ts'
import { count } from '../report/format.ts'
import { type Aim, type Cell, cellOf, standing, type Table } from '../report/table.ts'
import { cpuMsOf, freePort, relaysOf, served, startFlagService, startRelay } from './relay-processes.ts'
import { residentOf } from './resident.ts'

export interface StartPlan {
  readonly flags: number
  readonly repeats: number
  readonly beside?: string
  readonly packages: Packages
}

interface StartCost {
  /** Milliseconds from `spawn` until the status is healthy. */
  readonly wallMs: number
  readonly cpuMs: number
  /** Resident memory when it is ready, and its peak, in bytes. */
  readonly resident: number
  readonly peak: number
}

const MB = 1_024 ** 2
const OURS = 'halyard relay'

const decimals = cellOf('decimals')

/** Measures the start of a relay with one environment, from `spawn` until it is healthy. */
export async function measureRelayStart({ flags, repeats, beside, packages }: StartPlan): Promise<Table> {
  const { halyard } = await packages.installed()
  const main = join(halyard, 'node_modules/halyard/dist/cli/main.js')
  const service = await startFlagService(flags)
  try {
    const relays = Array.from(relaysOf(beside, main), ([name, command]) => ({ name, command }))
    const measured = await inTurn(relays, repeats, ({ command }) => startOnce(command, service.url))
    const row = (name: string): Cell[] => [
      name,
      ...MEASURES.map((of) => decimals(measured.median(name, of))),
      ...(name === OURS
        ? ['', '', '']
        : [
            ...[wall, resident].map((of) => measured.ratio(OURS, name, of)),
            standing(measured.ratio(OURS, name, wall).value),
          ]),
    ]
    return {
      id: 'relay-start',
      title: `start of a relay until it is healthy, ${count(flags)} flags (ms, MB)`,
      heading: [
        'relay',
        'wall',
        'cpu',
        'resident',
        'peak memory',
        'halyard/it wall',
        'halyard/it resident',
        'halyard is',
      ],
      rows: [...measured.costs.keys()].map(row),
      aims: aimsOf(measured),
      notes: measured.notes,
    }
  } finally {
    service.close()
  }
}

const wall = ({ wallMs }: StartCost): number => wallMs
const resident = (cost: StartCost): number => cost.resident / MB
const MEASURES = [wall, ({ cpuMs }: StartCost) => cpuMs, resident, ({ peak }: StartCost) => peak / MB]

function aimsOf(measured: Rounds<StartCost>): readonly Aim[] {
  return [
    {
      what: 'start of the relay',
      value: measured.median(OURS, wall),
      bound: 'at most',
      limit: 170,
      unit: 'ms',
    },
    {
      what: 'resident memory when ready',
      value: measured.median(OURS, resident),
      bound: 'at most',
      limit: 85,
      unit: 'MB',
    },
  ]
}

async function startOnce(command: readonly string[], service: string): Promise<StartCost> {
  const url = `http://127.0.0.1:${await freePort()}`
  const begun = performance.now()
  const relay = startRelay(command, { url, service })
  try {
    await served(url, 2)
    const wallMs = performance.now() - begun
    const pid = relay.pid ?? 0
    const { now, peak } = residentOf(pid)
    return { wallMs, cpuMs: cpuMsOf(pid), resident: now, peak }
  } finally {
    const ended = once(relay, 'exit')
    relay.kill('SIGKILL')
    await ended
  }
}
