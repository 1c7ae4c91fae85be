// @ts-check
/** @import { ExplainedLine } from '../../flags/explained-line.ts' */
/** @import { FlagExplanation } from '../../flags/explaining.ts' */
import { make, nodeOf, textLines } from './dom.js'
import { sentenceNodes } from './sentences.js'

/** The sign of each outcome, and its words for screen readers. */
const SIGNS = {
  yes: { sign: '✓', words: 'Yes: ' },
  no: { sign: '✗', words: 'No: ' },
  skipped: { sign: '·', words: 'Not evaluated: ' },
  problem: { sign: '!', words: 'Problem: ' },
}

/**
 * Returns the explanation of a flag: the result, and what was checked on the way.
 * @param {FlagExplanation} explanation
 * @param {string} environment
 */
export function explanationElement({ result, lines, value }, environment) {
  const summary = make('p', 'explanation-result', 'Serves ', ...sentenceNodes(result, environment), '.')
  const element = make('div', 'explanation', summary, linesElement(lines, environment, 0))
  // The result has a short value in its sentence.
  if (value.length > 80) element.append(make('pre', 'flag-json', ...textLines(value).map(nodeOf)))
  return element
}

/**
 * @param {readonly ExplainedLine[]} lines
 * @param {string} environment
 * @param {number} level 0 for the lines of the flag itself; others explain a part of it.
 * @returns {HTMLElement}
 */
function linesElement(lines, environment, level) {
  const items = lines.map((line) => {
    const { sign, words } = SIGNS[line.outcome]
    const mark = make('span', 'explanation-sign', sign)
    mark.setAttribute('aria-hidden', 'true')
    const text = make('span', 'explanation-text', make('span', 'spoken', words))
    text.append(...sentenceNodes(line.words, environment))
    const decides = line.decides === true && level === 0
    if (decides) text.append(make('strong', 'explanation-decides', 'This decides'))
    const item = make('li', decides ? 'decides' : '', make('div', 'explanation-line', mark, text))
    item.dataset.outcome = line.outcome
    if (line.lines) item.append(linesElement(line.lines, environment, level + 1))
    return item
  })
  return make('ul', 'explanation-lines', ...items)
}
