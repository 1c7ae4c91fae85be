import { parseArgs } from 'node:util'
import { FAULTS, type Fault } from '../test/simulation/faults.ts'
import { runRange } from '../test/simulation/range.ts'
import { report } from '../test/simulation/report.ts'
import { type Outcome, simulate } from '../test/simulation/simulate.ts'

/**
 * Runs the fault simulation for `--seeds N` seeds, beginning with `--seed S`. A single seed prints its full log. A range stops at the
 * first failing seed, or, with `--keep-going`, lists all failing seeds at its end.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    without: { type: 'string', multiple: true, default: [] },
  },
})

const first = Number(values.seed)
const count = Number(values.seeds ?? 1)
const keepsGoing = values['keep-going']
const without = new Set(FAULTS.filter((fault: Fault) => values.without.includes(fault)))

if (values.seeds === undefined) tell(await simulate(first, { without, trace: 'kept' }))
else await run()

function tell(outcome: Outcome): void {
  console.log(outcome.trace.join('\n'))
  if (outcome.failure !== undefined) process.exitCode = 1
}

async function run(): Promise<void> {
  const startedAt = performance.now()
  const { ran, failing, requests, virtualMs } = await runRange({
    first,
    count,
    afterFailure: keepsGoing ? 'go on' : 'stop',
    run: (seed) => simulate(seed, { without }),
    failed: async (outcome) => {
      console.error(keepsGoing ? `seed ${outcome.seed}: ${outcome.failure}` : await report(outcome))
    },
  })
  const seconds = (performance.now() - startedAt) / 1_000
  const perSecond = Math.round(ran / seconds)
  console.log(
    `${ran - failing.length} of ${ran} seeds held: ${Math.round(virtualMs / 3_600_000)} h of virtual time, ` +
      `${requests} requests, in ${seconds.toFixed(1)} s (${perSecond} seeds/s)`,
  )
  if (failing.length === 0) return
  console.log(`failing seeds: ${failing.join(' ')}`)
  process.exitCode = 1
}
