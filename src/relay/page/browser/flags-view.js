// @ts-check
/** @import { Route } from './router.js' */
/** @import { View } from './page.js' */
import { make, show } from './dom.js'
import { createFlagDetails } from './flag-details.js'
import { createFlagList } from './flag-list.js'
import { escapeInvisible } from './format.js'
import { hrefOf } from './router.js'
import { RELAY } from './state.js'

/** Evaluations are counted without a message of the relay, so the details are read again after this time, in milliseconds. */
const REREAD_FLAG_MS = 10_000

/**
 * Creates the view of the flags of an environment: the list, or the details of one flag or segment.
 * @returns {View}
 */
export function createFlagsView() {
  const list = createFlagList()
  const details = createFlagDetails()
  const home = make('a', '', 'Overview')
  const place = make('a', '')
  const items = make('a', '')
  const crumbs = make('nav', 'crumbs', home, ' / ', place, ' / ', items)
  crumbs.setAttribute('aria-label', 'Position')
  const content = make('div', '')
  const element = make('div', 'flags', crumbs, content)
  /** @type {Route | undefined} */
  let route
  /** The query of the list to which the link above the details leads. */
  let listQuery = new URLSearchParams()
  let scrolled = 0
  let shownData = ''
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer

  /** @param {Route} shown */
  function showRoute(shown) {
    const { environment = '', flag, query } = shown
    const isList = flag === undefined
    const isOther = route?.environment !== environment
    if (route && !isOther && route.flag === undefined && !isList) scrolled = scrollY
    if (isList) listQuery = query
    else if (isOther) listQuery = new URLSearchParams()
    const wasShown = content.firstChild
    const active = isList ? list : details
    route = shown
    home.href = hrefOf({})
    place.href = hrefOf({ environment })
    items.href = hrefOf({ view: 'flags', environment, query: listQuery })
    items.toggleAttribute('aria-current', isList)
    if (isList) items.setAttribute('aria-current', 'page')
    renderCrumbs()
    active.show(shown)
    if (active.element !== wasShown) {
      ;(isList ? details : list).hide()
      content.replaceChildren(active.element)
      scrollTo(0, isList && !isOther ? scrolled : 0)
    } else if (!isList) scrollTo(0, 0)
    timer ??= setInterval(() => {
      if (route?.flag !== undefined) details.reread()
    }, REREAD_FLAG_MS)
    shownData = dataOf()
  }

  function renderCrumbs() {
    const { environment = '' } = route ?? {}
    show(place, [{ name: RELAY.rows.get(environment)?.title ?? environment }])
    show(items, [listQuery.get('kind') === 'segment' ? 'Segments' : 'Flags'])
  }

  /** Returns a text that changes with the data of the environment. */
  function dataOf() {
    const row = RELAY.rows.get(route?.environment ?? '')
    return JSON.stringify([row?.changedAt, row?.holds, row?.serving])
  }

  function update() {
    renderCrumbs()
    const data = dataOf()
    const active = route?.flag === undefined ? list : details
    // After a failure, each message of the relay is a reason to try again.
    if (data === shownData && !active.hasFailed()) return
    shownData = data
    active.refresh()
  }

  return {
    element,
    show: showRoute,
    update,
    hide() {
      clearInterval(timer)
      timer = undefined
      list.hide()
      details.hide()
    },
    title() {
      const { environment = '', flag } = route ?? {}
      return escapeInvisible(
        flag === undefined ? `Flags of ${environment}` : `${details.title()} in ${environment}`,
      )
    },
  }
}
