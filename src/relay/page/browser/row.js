// @ts-check
/** @import { OverviewRow } from '../overview.ts' */
/** @import { Part } from './dom.js' */
import { createDetails } from './details.js'
import { addRows, make, relative, show } from './dom.js'
import { countOf } from './format.js'
import { currentRoute, navigate } from './router.js'

/** @type {Record<string, (row: OverviewRow) => readonly Part[]>} */
const CELLS = {
  Flags: ({ holds: { flags } }) => [countOf(flags, 'flag')],
  Clients: ({ clients: { fdv2, fdv1, pings, pollers } }) => [
    countOf(fdv2 + fdv1 + pings, 'stream'),
    pollers > 0 ? `, ${countOf(pollers, 'poller')}` : '',
  ],
  Confirmed: ({ confirmedAt }) => [confirmedAt === undefined ? '–' : relative(confirmedAt, 'ago')],
  'Last change': ({ changedAt }) => [changedAt === undefined ? '–' : relative(changedAt, 'ago')],
}

/**
 * @param {OverviewRow} row
 * @returns {Part[]}
 */
function stateParts({ label, cause }) {
  if (!cause) return [label]
  const { text, since } = cause
  return [`${label} `, { note: since === undefined ? [text] : [`${text} for `, relative(since, 'for')] }]
}

let rowCount = 0

/**
 * Creates the row of an environment, which opens into its details.
 * @param {string} name
 */
export function createRow(name) {
  const id = `environment-${++rowCount}`
  const button = make('button', 'toggle')
  button.type = 'button'
  const heading = make('h2', '', button)
  heading.id = `${id}-name`
  const state = make('p', 'badge')
  const cells = make('dl', 'cells')
  const showCells = addRows(cells, CELLS)
  for (const cell of [...cells.children].slice(-2)) cell.className = 'timed'
  const summary = make('div', 'summary', heading, state, cells)
  const element = make('li', 'environment', summary)
  button.setAttribute('aria-expanded', 'false')
  /** @type {ReturnType<typeof createDetails> | undefined} */
  let details
  let shown = ''

  button.addEventListener('click', () => {
    const { query } = currentRoute()
    navigate(details ? { query } : { environment: name, query })
  })
  button.addEventListener('keydown', (event) => {
    const sibling = { ArrowDown: element.nextElementSibling, ArrowUp: element.previousElementSibling }[
      event.key
    ]
    if (!sibling) return
    event.preventDefault()
    sibling.querySelector('button')?.focus()
  })

  /**
   * @param {OverviewRow} row
   * @param {{ isOpen: boolean, isOnly: boolean }} form
   */
  function update(row, { isOpen, isOnly }) {
    element.dataset.tone = row.tone
    show(isOnly ? heading : button, [{ name: row.title }])
    show(state, stateParts(row))
    showCells(row)
    if (isOpen) open()
    else close()
    const text = JSON.stringify(row)
    if (text === shown) return
    shown = text
    details?.refresh()
  }

  function open() {
    if (details) return
    details = createDetails(name)
    details.element.id = `${id}-details`
    details.element.setAttribute('aria-labelledby', heading.id)
    button.setAttribute('aria-expanded', 'true')
    button.setAttribute('aria-controls', details.element.id)
    element.append(details.element)
  }

  function close() {
    details?.remove()
    details = undefined
    button.setAttribute('aria-expanded', 'false')
    button.removeAttribute('aria-controls')
  }

  function remove() {
    close()
    element.remove()
  }

  return { element, update, remove, hide: close, isOpen: () => details !== undefined }
}
