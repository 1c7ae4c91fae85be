/** A bar with its label. */
export interface Bar {
  readonly name: string
  readonly value: number
  /** Text after the bar, such as `201 ms (behind)`. */
  readonly label: string
  readonly kind: 'halyard' | 'official' | 'other'
}

/** Bars that share a scale, below a heading. */
interface BarGroup {
  /** The heading; none if it is empty. */
  readonly name: string
  readonly bars: readonly Bar[]
}

export interface Plot {
  readonly title: string
  readonly groups: readonly BarGroup[]
  /** `shared`: all groups have the scale of the longest bar. */
  readonly scale: 'shared' | 'own'
}

const WIDTH = 760
const LEFT = 300
/** The space for labels after the longest bar. */
const RIGHT = 150
const BAR = 18
const GAP = 6
const HEADING = 30
const TOP = 44

/** Returns a bar chart as SVG. Its colours follow the colour scheme of the reader, and bars also differ by their names. */
export function plotBars({ title, groups, scale }: Plot): string {
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  let y = TOP
  const parts: string[] = []
  for (const { name, bars } of groups) {
    const most = scale === 'shared' ? longest : Math.max(...bars.map(({ value }) => value))
    if (name !== '') {
      parts.push(`<text class="group" x="16" y="${y + 16}">${escapeXml(name)}</text>`)
      y += HEADING
    }
    for (const bar of bars) {
      parts.push(...drawBar(bar, y, ((WIDTH - LEFT - RIGHT) * bar.value) / most))
      y += BAR + GAP
    }
    y += GAP
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 8}" width="${WIDTH}" height="${y + 8}" role="img" aria-label="${escapeXml(title)}">
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${y + 8}" rx="6"/>
<text class="title" x="16" y="28">${escapeXml(title)}</text>
${parts.join('\n')}
</svg>
`
}

function drawBar({ name, label, kind }: Bar, y: number, width: number): readonly string[] {
  const drawn = Math.max(1, width)
  return [
    `<text class="name" x="${LEFT - 8}" y="${y + 13}">${escapeXml(name)}</text>`,
    `<rect class="${kind}" x="${LEFT}" y="${y}" width="${drawn.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<text class="label" x="${(LEFT + drawn + 6).toFixed(1)}" y="${y + 13}">${escapeXml(label)}</text>`,
  ]
}

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.group { font-weight: 600 }
.name { text-anchor: end }
.paper { fill: #ffffff; stroke: #d1d9e0 }
.halyard { fill: #1f6feb }
.official { fill: #bc4c00 }
.other { fill: #8c959f }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.paper { fill: #0d1117; stroke: #3d444d }
.halyard { fill: #58a6ff }
.official { fill: #f0883e }
.other { fill: #6e7681 }
}
`

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
