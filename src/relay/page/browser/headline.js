// @ts-check
/** @import { OverviewHead, OverviewRow } from '../overview.ts' */
/** @import { ClientsView } from '../../view.ts' */
/** @import { Part } from './dom.js' */
import { addRows, make, show } from './dom.js'
import { clientsText, formatBytes, savedShare } from './format.js'

/** @typedef {{ head: OverviewHead, rows: readonly OverviewRow[] }} Totals */

/** @type {Record<string, (totals: Totals) => readonly Part[]>} */
const TOTALS = {
  Clients: ({ rows }) => [clientsText(totalClients(rows))],
  'Bytes sent': ({ head }) => [formatBytes(head.bytesSent)],
  'Bytes saved': ({ head: { bytesSaved, bytesSent } }) => [
    formatBytes(bytesSaved) + savedShare(bytesSaved, bytesSent),
  ],
  Running: ({ head }) => [{ at: head.startedAt, form: 'for' }],
}

/** Creates the verdict in one sentence and the totals of the relay. */
export function createHeadline() {
  const text = make('span', '', 'Waiting for the relay')
  const totals = make('dl', 'totals')
  const element = make('section', 'verdict', make('h1', '', text), totals)
  element.setAttribute('aria-label', 'Overall state')
  const showTotals = addRows(totals, TOTALS)

  /**
   * @param {OverviewHead} head
   * @param {readonly OverviewRow[]} rows
   */
  function update(head, rows) {
    element.dataset.tone = head.tone
    show(
      text,
      head.headlineParts.map((part) => (typeof part === 'string' ? part : { at: part.since, form: 'for' })),
    )
    showTotals({ head, rows })
  }

  return { element, update }
}

/**
 * @param {readonly OverviewRow[]} rows
 * @returns {ClientsView}
 */
function totalClients(rows) {
  const total = { fdv2: 0, fdv1: 0, pings: 0, pollers: 0 }
  for (const { clients } of rows) {
    total.fdv2 += clients.fdv2
    total.fdv1 += clients.fdv1
    total.pings += clients.pings
    total.pollers += clients.pollers
  }
  return total
}
