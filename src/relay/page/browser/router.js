// @ts-check
// The part of the address after `#` selects what the page shows, so that a link can be shared:
// `#/`, `#/env/NAME`, `#/env/NAME/flags` and `#/env/NAME/flags/KEY`, each with parameters, for example `?q=checkout`.

/**
 * @typedef {object} Route
 * @property {'overview' | 'flags'} view
 * @property {string} [environment] The name of the selected environment.
 * @property {string} [flag] The key of the selected flag. Only with `flags`.
 * @property {URLSearchParams} query The filter of the view.
 */

/** @type {Set<(route: Route) => void>} */
const routeListeners = new Set()

addEventListener('hashchange', announceRoute)

/** @returns {Route} */
export function currentRoute() {
  return parseRoute(location.hash)
}

/** @param {(route: Route) => void} listener Called after each change of the route. */
export function onRoute(listener) {
  routeListeners.add(listener)
}

/**
 * Parses the part of an address after `#`. An unknown path is the overview.
 * @param {string} hash
 * @returns {Route}
 */
function parseRoute(hash) {
  const text = hash.replace(/^#/, '')
  const mark = text.indexOf('?')
  const query = new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1))
  const path = mark < 0 ? text : text.slice(0, mark)
  const [, kind, environment, view, flag] = path.split('/').map(decodeSegment)
  if (kind !== 'env' || !environment) return { view: 'overview', query }
  if (view !== 'flags') return { view: 'overview', environment, query }
  return { view, environment, query, ...(flag && { flag }) }
}

/** @param {string} segment */
function decodeSegment(segment) {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * Returns the link to a route, for example `#/env/production?q=checkout`.
 * @param {Partial<Route>} route
 */
export function hrefOf({ view = 'overview', environment, flag, query }) {
  const names = environment === undefined ? [] : ['env', environment]
  const path = view === 'overview' ? names : [...names, view, ...(flag === undefined ? [] : [flag])]
  const parameters = query?.toString() ?? ''
  const segments = path.map((segment) => encodeURIComponent(segment.toWellFormed()))
  return `#/${segments.join('/')}${parameters && `?${parameters}`}`
}

/**
 * Shows a route, as if its link had been followed.
 * @param {Partial<Route>} route
 */
export function navigate(route) {
  location.hash = hrefOf(route)
}

/**
 * Shows a route in place of the current one in the history of the browser, for example while a filter is typed.
 * @param {Partial<Route>} route
 */
export function replaceRoute(route) {
  history.replaceState(null, '', hrefOf(route))
  announceRoute()
}

function announceRoute() {
  const route = currentRoute()
  for (const listener of routeListeners) listener(route)
}
