// @ts-check
/** @import { Route } from './router.js' */
import { make } from './dom.js'
import { currentRoute, replaceRoute } from './router.js'

/** The choices of each filter: the parameter of the route, its label, and its values with their texts. */
const FLAG_CHOICES = [
  { name: 'kind', label: 'Show', values: { '': 'Flags', segment: 'Segments' } },
  { name: 'state', label: 'State', values: { '': 'On and off', on: 'On', off: 'Off' } },
  {
    name: 'type',
    label: 'Type',
    values: {
      '': 'All types',
      boolean: 'Boolean',
      string: 'String',
      number: 'Number',
      JSON: 'JSON',
      mixed: 'Mixed',
    },
  },
  {
    name: 'sort',
    label: 'Order',
    values: { '': 'By key', changed: 'Last change first', used: 'Most evaluated first' },
  },
]

/** Creates the search field and the filters of the list of flags. They are parameters of the route. */
export function createFlagFilter() {
  const input = make('input', '')
  input.type = 'search'
  input.placeholder = 'Key, or text in the targeting'
  input.maxLength = 200
  input.autocomplete = 'off'
  input.spellcheck = false
  input.addEventListener('input', () => setListParameter('q', input.value))
  const selects = FLAG_CHOICES.map(({ name, label, values }) => {
    const select = make('select', '')
    for (const [value, text] of Object.entries(values)) select.append(new Option(text, value))
    select.setAttribute('aria-label', label)
    select.addEventListener('change', () => setListParameter(name, select.value))
    return { name, select }
  })
  const element = make('search', 'filter flag-filter', make('label', 'search', 'Search ', input))
  element.append(make('div', 'groups', ...selects.map(({ select }) => select)))

  /** @param {Route} route */
  function showRoute({ query }) {
    const text = query.get('q') ?? ''
    if (input.value !== text) input.value = text
    const isSegments = query.get('kind') === 'segment'
    for (const { name, select } of selects) {
      select.value = query.get(name) ?? ''
      select.hidden = isSegments && (name === 'state' || name === 'type')
    }
  }

  /**
   * Offers the order by evaluations if they are counted.
   * @param {boolean} isCounted
   */
  function showOrders(isCounted) {
    for (const { select } of selects)
      for (const option of select.options) if (option.value === 'used') option.hidden = !isCounted
  }

  return { element, show: showRoute, showOrders, focus: () => input.focus() }
}

/**
 * Sets a parameter of the list and returns to its first page.
 * @param {string} name
 * @param {string} value
 */
export function setListParameter(name, value) {
  const route = currentRoute()
  if (value) route.query.set(name, value)
  else route.query.delete(name)
  if (name !== 'from') route.query.delete('from')
  // The filters of flags do not apply to segments.
  if (name === 'kind') for (const other of ['state', 'type']) route.query.delete(other)
  replaceRoute(route)
}
