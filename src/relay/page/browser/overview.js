// @ts-check
/** @import { OverviewRow } from '../overview.ts' */
/** @import { Route } from './router.js' */
/** @import { View } from './page.js' */
import { make, show } from './dom.js'
import { createFilter, matchesFilter } from './filter.js'
import { NUMBER } from './format.js'
import { createHeadline } from './headline.js'
import { currentRoute } from './router.js'
import { createRow } from './row.js'
import { RELAY } from './state.js'

/** The number of environments that are listed at first, so that the page stays short. */
const FIRST_ROWS = 50

/** The names above the columns of a wide page. In each row they are the terms of a list. */
const COLUMNS = ['Environment', 'State', 'Flags', 'Clients', 'Confirmed', 'Last change']

const SEVERITY = { bad: 0, warning: 1, good: 2 }
const COLLATOR = new Intl.Collator('en', { numeric: true })

/**
 * Creates the view of all environments, of which one can be open.
 * @returns {View}
 */
export function createOverview() {
  const headline = createHeadline()
  const filter = createFilter()
  const list = make('ul', 'environments')
  const note = make('p', 'note')
  const more = make('button', 'more')
  const [name, state, ...cells] = COLUMNS.map((column) => make('span', '', column))
  const columns = make('div', 'columns', name ?? '', state ?? '', make('div', 'cells', ...cells))
  columns.setAttribute('aria-hidden', 'true')
  const section = make('section', '', filter.element, note, columns, list, more)
  section.setAttribute('aria-label', 'Environments')
  list.setAttribute('role', 'list')
  more.type = 'button'
  const element = make('div', 'overview', headline.element, section)
  /** @type {Map<string, ReturnType<typeof createRow>>} */
  const rows = new Map()
  let limit = FIRST_ROWS
  /** The environment to scroll to as soon as it is listed. */
  let wanted = currentRoute().environment

  more.addEventListener('click', () => {
    limit = Infinity
    update()
    list.children[FIRST_ROWS]?.querySelector('button')?.focus()
  })

  /** @param {Route} route */
  function showRoute(route) {
    filter.show(route)
    if (route.environment !== undefined && rows.get(route.environment)?.isOpen() === false) {
      wanted = route.environment
    }
    update()
  }

  function update() {
    const { head } = RELAY
    if (!head) return
    const route = currentRoute()
    const all = [...RELAY.rows.values()]
    headline.update(head, all)
    filter.update(all)
    const matching = all.filter((row) => row.name === route.environment || matchesFilter(row, route.query))
    const sorted = matching.toSorted(compareRows)
    const shown = sorted.filter(({ name }, index) => index < limit || name === route.environment)
    const isOnly = all.length === 1
    element.classList.toggle('only', isOnly)
    renderRows(shown, isOnly ? all[0]?.name : route.environment)
    renderNotes(shown.length, matching.length, all.length, route)
    scrollToWanted()
  }

  /**
   * @param {readonly OverviewRow[]} shown
   * @param {string | undefined} open
   */
  function renderRows(shown, open) {
    const focused = document.activeElement
    const names = new Set(shown.map(({ name }) => name))
    for (const [name, row] of rows) {
      if (names.has(name)) continue
      row.remove()
      rows.delete(name)
    }
    for (const [index, each] of shown.entries()) {
      const row = rows.get(each.name) ?? createRow(each.name)
      rows.set(each.name, row)
      row.update(each, { isOpen: each.name === open, isOnly: RELAY.rows.size === 1 })
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null)
    }
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused)) {
      focused.focus({ preventScroll: true })
    }
  }

  /**
   * @param {number} shown
   * @param {number} matching
   * @param {number} all
   * @param {Route} route
   */
  function renderNotes(shown, matching, all, { environment }) {
    more.hidden = shown >= matching
    columns.hidden = shown === 0 || all === 1
    more.textContent = `Show ${NUMBER.format(matching - shown)} more`
    const isUnknown = environment !== undefined && !RELAY.rows.has(environment)
    note.hidden = !isUnknown && (matching > 0 || all === 0)
    show(
      note,
      isUnknown
        ? ['There is no environment named ', { name: environment }, '.']
        : ['No environment matches the filter.'],
    )
  }

  function scrollToWanted() {
    const row = wanted === undefined ? undefined : rows.get(wanted)
    if (!row || RELAY.rows.size === 1) return
    wanted = undefined
    row.element.scrollIntoView({ block: 'nearest' })
  }

  return {
    element,
    show: showRoute,
    update,
    hide: () => {
      for (const row of rows.values()) row.hide()
    },
    title: () => RELAY.head?.headline ?? 'Connecting',
  }
}

/**
 * @param {OverviewRow} one
 * @param {OverviewRow} other
 */
function compareRows(one, other) {
  return SEVERITY[one.tone] - SEVERITY[other.tone] || COLLATOR.compare(one.title, other.title)
}
