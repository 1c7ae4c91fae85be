// @ts-check
/** @import { EvaluatedRow } from '../../flags/explaining.ts' */
/** @import { ItemPage, ItemRow } from '../../flags/rows.ts' */
/** @import { Route } from './router.js' */
import { make, show, updateRelativeTimes } from './dom.js'
import { createExplainForm } from './explain-form.js'
import { createLoader, fetchExplanation, fetchItems, refusalOf } from './flag-data.js'
import { createFlagFilter, setListParameter } from './flag-filter.js'
import { createFlagRow } from './flag-row.js'
import { countOf, NUMBER } from './format.js'

const PAGE_ROWS = 50
/** Time after a keystroke before the search is sent, in milliseconds. */
const SEARCH_DEBOUNCE_MS = 200

/** Creates the list of the flags or segments of an environment. */
export function createFlagList() {
  const filter = createFlagFilter()
  const count = make('p', 'flag-count')
  count.setAttribute('role', 'status')
  const problem = make('p', 'note')
  problem.hidden = true
  const list = make('ul', 'flag-rows')
  list.setAttribute('role', 'list')
  const previous = pageButton('Previous page')
  const next = pageButton('Next page')
  const pages = make('nav', 'pages', previous, next)
  pages.setAttribute('aria-label', 'Pages')
  pages.hidden = true
  const form = createExplainForm('Evaluate', evaluateFor, clearContext)
  const panel = make(
    'details',
    'panel',
    make('summary', '', 'Evaluate all flags for a context'),
    form.element,
  )
  const element = make('div', 'flag-list', filter.element, panel, count, problem, list, pages)
  /** @type {Map<string, ReturnType<typeof createFlagRow>>} */
  const rows = new Map()
  /** @type {Route | undefined} */
  let route
  /** @type {ItemPage | undefined} */
  let page
  /** @type {{ context: unknown } | undefined} */
  let subject
  /** @type {Map<string, EvaluatedRow>} */
  let evaluated = new Map()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let debounce
  let shownQuery = ''
  /** True while another page is loaded, whose first row gets the focus. */
  let isTurning = false
  const loader = createLoader(load)

  previous.addEventListener('click', () => turn(-PAGE_ROWS))
  next.addEventListener('click', () => turn(PAGE_ROWS))

  /** @param {number} by */
  function turn(by) {
    const from = Math.max(0, (page?.offset ?? 0) + by)
    setListParameter('from', from === 0 ? '' : String(from))
    isTurning = true
  }

  /** @param {AbortSignal} signal */
  async function load(signal) {
    if (!route) return
    const { environment = '', query } = route
    const kind = query.get('kind') === 'segment' ? 'segment' : 'flag'
    const parameters = { environment, kind, limit: String(PAGE_ROWS), offset: query.get('from') ?? '0' }
    const optional = ['state', 'type', 'sort'].flatMap((name) => {
      const value = query.get(name)
      return value ? [[name, value]] : []
    })
    const search = query.get('q') ?? ''
    const all = { ...parameters, ...Object.fromEntries(optional), ...(search && { search }) }
    try {
      page = await fetchItems(all, signal)
      await evaluateRows(signal)
      render()
    } catch (error) {
      if (signal.aborted) return
      renderProblem(refusalOf(error)?.message ?? 'The relay did not answer.')
    }
  }

  /** @param {AbortSignal} signal */
  async function evaluateRows(signal) {
    evaluated = new Map()
    if (!subject || !page || page.kind === 'segment') return
    const flags = page.rows.map(({ key }) => key)
    const request = { environment: page.environment, context: subject.context, flags }
    const answer = await fetchExplanation(request, signal)
    if (answer.type === 'flags') evaluated = new Map(answer.rows.map((row) => [row.key, row]))
  }

  /** @param {unknown} context */
  async function evaluateFor(context) {
    if (!page) return
    const before = subject
    subject = { context }
    try {
      await evaluateRows(new AbortController().signal)
    } catch (error) {
      subject = before
      throw error
    }
    render()
  }

  function clearContext() {
    subject = undefined
    evaluated = new Map()
    render()
  }

  function render() {
    if (!page) return
    const { total, all, offset, kind, environment } = page
    filter.showOrders(page.isCounted)
    problem.hidden = true
    panel.hidden = kind === 'segment'
    const range = total > page.rows.length ? `${rangeOf(page)} of ` : ''
    const of = total === all ? '' : ` of ${NUMBER.format(all)}`
    show(count, [`${range}${countOf(total, kind)}${of}`])
    previous.disabled = offset === 0
    next.disabled = offset + page.rows.length >= total
    pages.hidden = previous.disabled && next.disabled
    renderRows(page.rows, { kind, environment })
    if (isTurning) {
      isTurning = false
      list.querySelector('a')?.focus()
    }
    updateRelativeTimes()
  }

  /**
   * @param {readonly ItemRow[]} shown
   * @param {{ kind: 'flag' | 'segment', environment: string }} place
   */
  function renderRows(shown, place) {
    const focused = document.activeElement
    const keyOf = (/** @type {ItemRow} */ { key }) => JSON.stringify([place.environment, place.kind, key])
    const keys = new Set(shown.map(keyOf))
    for (const [key, row] of rows) {
      if (keys.has(key)) continue
      row.element.remove()
      rows.delete(key)
    }
    for (const [index, each] of shown.entries()) {
      const row = rows.get(keyOf(each)) ?? createFlagRow({ ...place, key: each.key })
      rows.set(keyOf(each), row)
      row.update(each, evaluated.get(each.key))
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null)
    }
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused))
      focused.focus({ preventScroll: true })
  }

  /** @param {string} text */
  function renderProblem(text) {
    show(problem, [text])
    problem.hidden = false
  }

  /** Removes the content, which belongs to another environment. */
  function clear() {
    page = undefined
    subject = undefined
    evaluated = new Map()
    rows.clear()
    list.replaceChildren()
    show(count, [])
    problem.hidden = true
    pages.hidden = true
    form.reset()
  }

  /** @param {Route} shown */
  function showRoute(shown) {
    const isOther = route?.environment !== shown.environment
    const isTyping = !isOther && route?.query.get('q') !== shown.query.get('q')
    route = shown
    filter.show(shown)
    const query = `${shown.environment}?${shown.query}`
    if (query === shownQuery) return loader.refresh()
    shownQuery = query
    if (isOther) clear()
    clearTimeout(debounce)
    if (isTyping) debounce = setTimeout(loader.restart, SEARCH_DEBOUNCE_MS)
    else loader.restart()
  }

  return {
    element,
    show: showRoute,
    refresh: loader.refresh,
    /** Returns true if the last attempt to load failed. */
    hasFailed: () => !problem.hidden,
    hide: () => {
      clearTimeout(debounce)
      loader.stop()
    },
  }
}

/** @param {string} text */
function pageButton(text) {
  const button = make('button', 'action plain', text)
  button.type = 'button'
  return button
}

/** @param {ItemPage} page */
function rangeOf({ offset, rows }) {
  if (rows.length === 0) return '0'
  return `${NUMBER.format(offset + 1)}–${NUMBER.format(offset + rows.length)}`
}
