import { peaksOf } from './peak.ts'
import { BOUND } from './report.ts'
import { fairShare } from './scenario.ts'
import type { Herd } from './simulate.ts'

const WIDTH = 960
const LABEL = 210
const PANEL = 72
const GAP = 22
const TOP = 64
const FOOT = 40
/** Part of the time after the fault that is drawn. */
const SHOWN_S = 240
/** The vertical axis is logarithmic: one request per second at the bottom, this number at the top. */
const TOP_DECADE = 4.3

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 }
  .quiet { fill: #656d76 }
  .bar { stroke: #0969da } .over { stroke: #cf222e } .bar, .over { stroke-width: 2.5 }
  .fair { stroke: #1a7f37; fill: none; stroke-width: 1.5 }
  .bound { stroke: #bf8700; fill: none; stroke-width: 1; stroke-dasharray: 4 3 }
  .axis { stroke: #d0d7de; fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 }
    .bar { stroke: #4493f8 } .over { stroke: #f85149 }
    .fair { stroke: #3fb950 } .bound { stroke: #d29922 } .axis { stroke: #3d444d }
  }`

/** Returns an SVG of the requests per second after the fault, with one panel for each scenario, the fair share, and the limit. */
export function picture(herds: readonly Herd[]): string {
  const height = TOP + herds.length * (PANEL + GAP) + FOOT
  const clients = herds[0]?.clients.toLocaleString('en') ?? '0'
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>Requests per second of ${clients} clients after a fault</title>`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="12" y="26">Requests per second of ${clients} clients, from the fault on</text>`,
    `<text class="quiet" x="12" y="46">logarithmic; green: fair share, dashed: ${BOUND} x, red: a second above that</text>`,
    ...herds.map((herd, index) => panel(herd, TOP + index * (PANEL + GAP))),
    ...timeAxis(height - FOOT),
    '</svg>\n',
  ].join('\n')
}

function panel(herd: Herd, top: number): string {
  const { scenario, clients } = herd
  const perSecond = countPerSecond(herd.attempts)
  const fair = perSecond.map((_, second) => fairShare(scenario, clients, second * 1_000))
  const bottom = top + PANEL
  const isOver = (second: number): boolean => (perSecond[second] as number) > BOUND * (fair[second] as number)
  const { worst } = peaksOf(herd)
  return [
    `<text x="12" y="${top + 22}">${scenario.name}</text>`,
    `<text class="quiet" x="12" y="${top + 39}">preset ${scenario.plan}</text>`,
    `<text class="quiet" x="12" y="${top + 56}">worst second: ${worst.ratio.toFixed(1)} x fair</text>`,
    bars('bar', perSecond, bottom, (second) => !isOver(second)),
    bars('over', perSecond, bottom, isOver),
    line('fair', fair, 1, bottom),
    line('bound', fair, BOUND, bottom),
    `<path class="axis" d="M${x(0)} ${top} V${bottom} H${WIDTH - 20}"/>`,
    `<text class="quiet" x="${x(0) - 6}" y="${heightOf(10_000, bottom) + 4}" text-anchor="end">10k</text>`,
    `<text class="quiet" x="${x(0) - 6}" y="${heightOf(100, bottom) + 4}" text-anchor="end">100</text>`,
  ].join('\n')
}

function bars(
  kind: string,
  perSecond: readonly number[],
  bottom: number,
  wanted: (second: number) => boolean,
): string {
  const strokes = perSecond.flatMap((count, second) =>
    count > 0 && wanted(second) ? [`M${x(second + 0.5)} ${bottom}V${heightOf(count, bottom)}`] : [],
  )
  return `<path class="${kind}" d="${strokes.join('')}"/>`
}

function countPerSecond(attempts: readonly number[]): number[] {
  const counts = Array<number>(SHOWN_S).fill(0)
  for (const ageMs of attempts) {
    const second = Math.floor(ageMs / 1_000)
    if (second < SHOWN_S) counts[second] = (counts[second] as number) + 1
  }
  return counts
}

function line(kind: string, fair: readonly number[], factor: number, bottom: number): string {
  const points = fair.map((share, second) => `${x(second)} ${heightOf(share * factor, bottom)}`)
  return `<path class="${kind}" d="M${points.join(' L')}"/>`
}

function timeAxis(top: number): string[] {
  const ticks = [0, 30, 60, 90, 120, 150, 180, 210, 240]
  return ticks.map(
    (second) => `<text class="quiet" x="${x(second)}" y="${top}" text-anchor="middle">${second} s</text>`,
  )
}

function x(second: number): number {
  return round(LABEL + (second * (WIDTH - LABEL - 20)) / SHOWN_S)
}

function heightOf(count: number, bottom: number): number {
  return round(bottom - (Math.min(TOP_DECADE, Math.log10(Math.max(1, count))) / TOP_DECADE) * PANEL)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
