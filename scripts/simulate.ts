import { parseArgs } from 'node:util'
import { report } from '../test/simulation/report.ts'
import { type Outcome, simulate } from '../test/simulation/simulate.ts'
import { FAULTS, type Fault } from '../test/simulation/weather.ts'

/** Runs the simulation: `--seeds N` of them from `--seed S` on; a seed alone is told in full. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    without: { type: 'string', multiple: true, default: [] },
  },
})

const first = Number(values.seed)
const count = Number(values.seeds ?? 1)
const without = new Set(FAULTS.filter((fault: Fault) => values.without.includes(fault)))

if (values.seeds === undefined) tell(await simulate(first, { without, trace: 'kept' }))
else await run()

function tell(outcome: Outcome): void {
  console.log(outcome.trace.join('\n'))
  if (outcome.failure !== undefined) process.exitCode = 1
}

async function run(): Promise<void> {
  const startedAt = performance.now()
  let requests = 0
  let virtualMs = 0
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed, { without })
    requests += outcome.requests
    virtualMs += outcome.virtualMs
    if (outcome.failure === undefined) continue
    console.error(await report(outcome))
    process.exitCode = 1
    return
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const perSecond = Math.round(count / seconds)
  console.log(
    `${count} seeds held: ${Math.round(virtualMs / 3_600_000)} h of virtual time, ${requests} requests, in ${seconds.toFixed(1)} s (${perSecond} seeds/s)`,
  )
}
