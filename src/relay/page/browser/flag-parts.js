// @ts-check
/** @import { FlagDetails, SegmentDetails } from '../../flags/details.ts' */
/** @import { References, UsedSegment } from '../../flags/references.ts' */
/** @import { VariationUsage } from '../../events/usage-view.ts' */
import { make, nodeOf } from './dom.js'
import { NUMBER } from './format.js'
import { sentenceNodes } from './sentences.js'

/**
 * Returns the targeting in words. While a flag is off, only its first step applies, and the others are dimmed.
 * @param {FlagDetails | SegmentDetails} details
 * @param {string} environment
 */
export function stepsElement(details, environment) {
  if (details.kind === 'segment') return sentenceList(details.steps, environment)
  let rules = 0
  const items = details.steps.map(({ type, words }) => {
    const label = make('span', 'step-label', type === 'rule' ? `Rule ${++rules}` : STEP_LABELS[type])
    const text = make('span', '', ...sentenceNodes(words, environment))
    const item = make('li', '', label, text)
    if ((type === 'off') === details.on) {
      item.className = 'dimmed'
      text.append(make('span', 'spoken', ' This does not apply now.'))
    }
    return item
  })
  return make('ol', 'steps labelled', ...items)
}

const STEP_LABELS = {
  off: 'Off',
  prerequisite: 'Requires',
  target: 'Targets',
  rule: 'Rule',
  fallthrough: 'Default',
  more: '',
}

/**
 * @param {readonly import('../../flags/sentence.ts').Sentence[]} sentences
 * @param {string} environment
 */
function sentenceList(sentences, environment) {
  return make(
    'ol',
    'steps',
    ...sentences.map((words) => make('li', '', ...sentenceNodes(words, environment))),
  )
}

/**
 * @param {readonly UsedSegment[]} segments
 * @param {string} environment
 */
export function segmentsElement(segments, environment) {
  if (segments.length === 0) return make('p', 'muted', 'None.')
  const items = segments.map(({ key, steps }) => {
    const name = make('p', 'segment-name', ...sentenceNodes([key], environment))
    return make(
      'li',
      '',
      name,
      steps ? sentenceList(steps, environment) : make('p', 'muted', 'It does not exist.'),
    )
  })
  return make('ul', 'plain-list', ...items)
}

/**
 * @param {References} usedBy
 * @param {string} environment
 */
export function usedByElement({ items, total }, environment) {
  if (total === 0) return make('p', 'muted', 'Nothing refers to it.')
  const links = items.map((word) => {
    const noun = typeof word !== 'string' && 'segment' in word ? 'Segment ' : 'Flag '
    return make('li', '', noun, ...sentenceNodes([word], environment))
  })
  if (total > items.length) links.push(make('li', '', `and ${NUMBER.format(total - items.length)} more`))
  return make('ul', 'plain-list', ...links)
}

/**
 * @param {FlagDetails} details
 * @param {string} environment
 */
export function factsElement({ variations, variationCount, off, availableTo, remarks }, environment) {
  const list = make('dl', 'facts')
  const add = (/** @type {string} */ name, /** @type {Node[]} */ ...content) =>
    list.append(make('div', '', make('dt', '', name), make('dd', '', ...content)))
  const items = variations.map((words, index) =>
    make('li', '', `${index}: `, ...sentenceNodes(words, environment)),
  )
  const rest = variationCount - variations.length
  if (rest > 0) items.push(make('li', '', `and ${NUMBER.format(rest)} more`))
  add('Variations', make('ul', 'plain-list', ...items))
  add('Off', ...sentenceNodes(off, environment))
  const { mobile, browser } = availableTo
  const others = [mobile && 'mobile SDKs', browser && 'browsers'].filter((name) => name !== false)
  add('Available to', nodeOf(['servers', ...others].join(', ')))
  if (remarks.length > 0) add('Remarks', nodeOf(remarks.join(' ')))
  return list
}

/** The results of evaluations that have no index. */
const RESULT_TEXTS = {
  default: 'Fallback value',
  unknown: 'Unknown to the SDK',
  former: 'Former variation',
}

/**
 * Returns a table of the evaluations by variation, with the counts of the last 60 minutes as bars.
 * @param {readonly VariationUsage[]} usage
 * @param {FlagDetails | SegmentDetails} details
 */
export function usageElement(usage, details) {
  if (usage.length === 0) return make('p', 'muted', 'None since the start of the environment.')
  const most = Math.max(1, ...usage.flatMap(({ perMinute }) => perMinute))
  const head = make('tr', '')
  for (const text of ['Result', 'Last hour', 'Total', 'Per minute'])
    head.append(make('th', text.startsWith('Per') ? 'bars-head' : '', text))
  const rows = usage.map(({ variation, perMinute, total }) => {
    const hour = perMinute.reduce((sum, count) => sum + count, 0)
    const bars = barsElement(perMinute, most)
    const name =
      typeof variation === 'number' ? variationNodes(variation, details) : [RESULT_TEXTS[variation]]
    const cells = [make('td', '', NUMBER.format(hour)), make('td', '', NUMBER.format(total))]
    const header = make('th', '', ...name)
    header.scope = 'row'
    return make('tr', '', header, ...cells, make('td', 'bars-cell', bars))
  })
  return make('table', 'usage', make('thead', '', head), make('tbody', '', ...rows))
}

/**
 * @param {number} index
 * @param {FlagDetails | SegmentDetails} details
 * @returns {(string | Node)[]}
 */
function variationNodes(index, details) {
  const words = details.kind === 'flag' ? details.variations[index] : undefined
  return words ? sentenceNodes(words, '') : [`Variation ${index}`]
}

/**
 * @param {readonly number[]} counts
 * @param {number} most
 */
function barsElement(counts, most) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', `0 0 ${counts.length} 10`)
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('class', 'bars')
  svg.setAttribute('aria-hidden', 'true')
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue
    const height = Math.max(0.5, (10 * count) / most)
    const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
    for (const [name, value] of Object.entries({ x: index, y: 10 - height, width: 0.8, height }))
      bar.setAttribute(name, String(value))
    svg.append(bar)
  }
  return svg
}
