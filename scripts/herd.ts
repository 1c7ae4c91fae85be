import { readFileSync, writeFileSync } from 'node:fs'
import { peaksOf } from './herd/peak.ts'
import { picture } from './herd/picture.ts'
import { FIGURES, figures, withFigures } from './herd/report.ts'
import { SCENARIOS } from './herd/scenarios.ts'
import { type Herd, simulate } from './herd/simulate.ts'

/** Runs the load simulation, prints its results, and updates docs/simulation.md and docs/herd.svg. */
const CLIENTS = 10_000
const PAGE = new URL('../docs/simulation.md', import.meta.url)
const PICTURE = new URL('../docs/herd.svg', import.meta.url)

const herds: Herd[] = []
for (const scenario of SCENARIOS) {
  const herd = await simulate(scenario, CLIENTS)
  if (herd.lost > 0) throw new Error(`${scenario.name}: ${herd.lost} clients did not reconnect`)
  herds.push(herd)
  const { highest, worst } = peaksOf(herd)
  console.log(
    `${scenario.name}, ${scenario.plan}: ${highest.attempts} in one second, ${worst.ratio.toFixed(2)} x the fair share`,
  )
}
const table = figures(herds)
console.log(`\n${table}`)
writeFileSync(PICTURE, picture(herds))
writeFileSync(PAGE, withFigures(readFileSync(PAGE, 'utf8'), table))
console.log(`\nwritten: docs/herd.svg, and ${FIGURES} of docs/simulation.md`)
