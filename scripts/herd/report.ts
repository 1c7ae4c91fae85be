import { type Peak, peaksOf } from './peak.ts'
import type { Herd } from './simulate.ts'

/** The highest accepted ratio of requests in one second to the fair share. */
export const BOUND = 2

export const FIGURES = '<!-- figures -->'
const END = '<!-- /figures -->'

/** Returns the table of docs/simulation.md. */
export function figures(herds: readonly Herd[]): string {
  const rows = herds.map((herd) => {
    const { highest, worst } = peaksOf(herd)
    const verdict = worst.ratio > BOUND ? `**${worst.ratio.toFixed(1)}**` : worst.ratio.toFixed(1)
    const { name, plan } = herd.scenario
    return `| ${name} | ${plan} | ${count(highest.attempts)} at ${seconds(highest)} | ${count(worst.attempts)} at ${seconds(worst)} | ${count(worst.fair)} | ${verdict} |`
  })
  return [
    '| What happens | Preset | Most in one second | In the worst second | Its fair share | Worst / fair |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** Returns the page with the table between its marks replaced. */
export function withFigures(page: string, table: string): string {
  const start = page.indexOf(FIGURES)
  const end = page.indexOf(END)
  if (start < 0 || end < start) throw new Error(`the page has no place for figures: ${FIGURES} ... ${END}`)
  return `${page.slice(0, start + FIGURES.length)}\n\n${table}\n\n${page.slice(end)}`
}

function count(attempts: number): string {
  return Math.round(attempts).toLocaleString('en')
}

function seconds({ ageMs }: Peak): string {
  return `${(ageMs / 1_000).toFixed(1)} s`
}
