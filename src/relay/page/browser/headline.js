// @ts-check
/** @import { OverviewHead, OverviewRow } from '../overview.ts' */
/** @import { Part } from './dom.js' */
import { addRows, make, show } from './dom.js'
import { formatBytes, NUMBER, savedShare } from './format.js'

/** @typedef {{ head: OverviewHead, rows: readonly OverviewRow[] }} Totals */

/** @type {Record<string, (totals: Totals) => readonly Part[]>} */
const TOTALS = {
  'Clients connected': ({ rows }) => [
    NUMBER.format(sumOf(rows, ({ clients }) => clients.fdv2 + clients.fdv1 + clients.pings)),
  ],
  'Bytes sent': ({ head }) => [formatBytes(head.bytesSent)],
  'Bytes saved': ({ head: { bytesSaved, bytesSent } }) => [
    formatBytes(bytesSaved) + savedShare(bytesSaved, bytesSent),
  ],
  Running: ({ head }) => [{ at: head.startedAt, form: 'for' }],
}

/** Creates the verdict in one sentence and the totals of the relay. */
export function createHeadline() {
  const text = make('h1', '', 'Waiting for the relay')
  const totals = make('dl', 'totals')
  const element = make('section', 'verdict', text, totals)
  element.setAttribute('aria-label', 'Overall state')
  const showTotals = addRows(totals, TOTALS)

  /**
   * @param {OverviewHead} head
   * @param {readonly OverviewRow[]} rows
   */
  function update(head, rows) {
    element.dataset.tone = head.tone
    show(text, [head.headline])
    showTotals({ head, rows })
  }

  return { element, update }
}

/**
 * @param {readonly OverviewRow[]} rows
 * @param {(row: OverviewRow) => number} amount
 */
function sumOf(rows, amount) {
  return rows.reduce((total, row) => total + amount(row), 0)
}
