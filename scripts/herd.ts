import { readFileSync, writeFileSync } from 'node:fs'
import { peaksOf } from './herd/peak.ts'
import { picture } from './herd/picture.ts'
import { FIGURES, figures, withFigures } from './herd/report.ts'
import { SCENARIOS } from './herd/scenarios.ts'
import { type Herd, simulate } from './herd/simulate.ts'
import { describeSize, tierFigures } from './herd/tiers/report.ts'
import { TIER_SCENARIOS } from './herd/tiers/scenarios.ts'
import { simulateTiers, type TierResult } from './herd/tiers/simulate.ts'

/** Runs the load simulations, prints their results, and updates docs/simulation.md, docs/herd.svg and docs/relay-scale.md. */
const CLIENTS = 10_000
const PAGE = new URL('../docs/simulation.md', import.meta.url)
const SCALE_PAGE = new URL('../docs/relay-scale.md', import.meta.url)
const PICTURE = new URL('../docs/herd.svg', import.meta.url)

/** 1,000,000 clients. */
const SIZE = { hubsPerRegion: 5, edgesPerRegion: 100, clientsPerEdge: 5_000 }

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

console.log(`\n${describeSize(SIZE)}`)
const results: TierResult[] = TIER_SCENARIOS.map((scenario) => simulateTiers(scenario, SIZE))
const tiers = tierFigures(results)
console.log(tiers)
writeFileSync(SCALE_PAGE, withFigures(readFileSync(SCALE_PAGE, 'utf8'), tiers))
console.log(`\nwritten: ${FIGURES} of docs/relay-scale.md`)
