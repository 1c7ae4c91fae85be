// @ts-check
/** @import { EvaluatedRow } from '../../flags/explaining.ts' */
/** @import { ItemRow } from '../../flags/rows.ts' */
import { make, relative, show } from './dom.js'
import { countOf } from './format.js'
import { itemLink, showSentence } from './sentences.js'

/**
 * Creates the row of a flag or segment in the list.
 * @param {{ environment: string, kind: 'flag' | 'segment', key: string }} item
 */
export function createFlagRow(item) {
  const link = itemLink(item)
  link.classList.add('flag-key')
  const state = make('span', 'flag-state')
  const type = make('span', 'flag-type')
  const facts = make('p', 'flag-facts', state, type)
  const summary = make('p', 'flag-summary')
  const found = make('p', 'flag-found')
  const version = make('p', 'flag-version')
  const element = make('li', 'flag-row', make('p', 'flag-name', link), facts, summary, version, found)

  /**
   * @param {ItemRow} row
   * @param {EvaluatedRow | undefined} evaluated The result for the context of the reader, if there is one.
   */
  function update(row, evaluated) {
    if (row.on === undefined) delete element.dataset.state
    else element.dataset.state = row.on ? 'on' : 'off'
    state.hidden = row.on === undefined
    show(state, [row.on ? 'On' : 'Off'])
    show(type, [row.type === 'none' ? 'no values' : row.type, row.overridden ? ' · overridden' : ''])
    showSentence(summary, evaluated ? resultOf(evaluated) : row.summary, item.environment)
    summary.classList.toggle('evaluated', evaluated !== undefined)
    show(version, [
      `v${row.version}`,
      ...(row.changedAt === undefined ? [] : [' · changed ', relative(row.changedAt, 'ago')]),
      row.evaluations ? ` · ${countOf(row.evaluations, 'evaluation')}/h` : '',
    ])
    found.hidden = row.found === undefined
    show(found, row.found === undefined ? [] : ['Contains ', { name: row.found }])
  }

  return { element, update }
}

/** @param {EvaluatedRow} row */
function resultOf({ value, reason }) {
  return [value === undefined ? 'Fallback value' : { name: value }, ', because ', ...reason]
}
