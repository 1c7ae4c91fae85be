// @ts-check
/** @import { OverviewRow } from '../overview.ts' */
/** @import { Route } from './router.js' */
import { make } from './dom.js'
import { NUMBER } from './format.js'
import { currentRoute, replaceRoute } from './router.js'

/** The groups of environments, by tone. */
const GROUPS = /** @type {const} */ ({ '': 'All', bad: 'Failing', warning: 'Degraded', good: 'Healthy' })

/** Creates the search field and the buttons that select environments by state. Both are parameters of the route. */
export function createFilter() {
  const input = make('input', '')
  input.type = 'search'
  input.placeholder = 'Name, ID, state or cause'
  input.setAttribute('aria-keyshortcuts', '/')
  input.autocomplete = 'off'
  input.spellcheck = false
  const label = make('label', 'search', 'Search ', input)
  const buttons = Object.entries(GROUPS).map(([state, text]) => {
    const count = make('span', 'count')
    const button = make('button', 'group', `${text} `, count)
    button.type = 'button'
    if (state) button.dataset.tone = state
    button.addEventListener('click', () => setParameter('state', state))
    return { state, button, count }
  })
  const group = make('div', 'groups', ...buttons.map(({ button }) => button))
  group.setAttribute('role', 'group')
  group.setAttribute('aria-label', 'State')
  const element = make('search', 'filter', label, group)

  input.addEventListener('input', () => setParameter('q', input.value))
  addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof Element && event.target.closest('input, textarea, select')
    if (
      event.key !== '/' ||
      isTyping ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      !element.isConnected
    )
      return
    event.preventDefault()
    input.focus()
    input.select()
  })

  /** @param {Route} route */
  function showRoute({ query }) {
    const text = query.get('q') ?? ''
    if (input.value !== text) input.value = text
    const selected = query.get('state') ?? ''
    for (const { state, button } of buttons) button.setAttribute('aria-pressed', String(state === selected))
  }

  /** @param {readonly OverviewRow[]} rows */
  function update(rows) {
    element.hidden = rows.length < 2
    for (const { state, count } of buttons) {
      const number = state ? rows.filter(({ tone }) => tone === state).length : rows.length
      count.textContent = NUMBER.format(number)
    }
  }

  return { element, show: showRoute, update }
}

/**
 * @param {string} name
 * @param {string} value
 */
function setParameter(name, value) {
  const route = currentRoute()
  if (value) route.query.set(name, value)
  else route.query.delete(name)
  replaceRoute(route)
}

/**
 * Returns true if an environment has the state of the query, and its text contains each word of the query.
 * @param {OverviewRow} row
 * @param {URLSearchParams} query
 */
export function matchesFilter(
  { name, title, tone, label, cause, problems, envId = '', projKey = '' },
  query,
) {
  const state = query.get('state')
  if (state && state !== tone) return false
  const words = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const text = [name, title, label, cause?.text, envId, projKey, ...problems].join('\n').toLowerCase()
  return words.every((word) => text.includes(word))
}
