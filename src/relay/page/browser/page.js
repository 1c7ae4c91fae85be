// @ts-check
/** @import { Route } from './router.js' */
import { followRelay } from './connection.js'
import { byId, show, updateRelativeTimes } from './dom.js'
import { createFlagsView } from './flags-view.js'
import { createOverview } from './overview.js'
import { reportedTime } from './relay-clock.js'
import { currentRoute, onRoute } from './router.js'
import { changeState, RELAY, replaceState } from './state.js'

/**
 * A view of the page. One is shown at a time, as the route selects.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(route: Route) => void} show Called when the route selects the view, and when the route of the shown view changes.
 * @property {() => void} update Called while the view is shown, after each message of the relay.
 * @property {() => void} hide Called when another view is selected.
 * @property {() => string} title Returns the first part of the title of the document.
 */

const overview = createOverview()
/** @type {Record<Route['view'], View>} */
const VIEWS = { overview, flags: createFlagsView() }

const CONNECTION_TEXTS = { connected: 'Connected', lost: 'Not connected' }

/** @type {View | undefined} */
let shownView
/** @type {'connecting' | 'connected' | 'lost'} */
let connection = 'connecting'
let announced = ''

onRoute(showRoute)
setInterval(updateRelativeTimes, 1_000)
followRelay({
  onOverview: (message) => {
    replaceState(message)
    update()
  },
  onChanges: (message) => {
    changeState(message)
    update()
  },
  onAlive: update,
  onConnection: showConnection,
})
showRoute(currentRoute())

/** @param {Route} route */
function showRoute(route) {
  const view = VIEWS[route.view]
  if (view !== shownView) {
    shownView?.hide()
    shownView = view
    byId('view').replaceChildren(view.element)
  }
  view.show(route)
  updateRelativeTimes()
  updateTitle()
}

function update() {
  show(byId('about'), [`Halyard ${RELAY.head?.version}`])
  shownView?.update()
  updateRelativeTimes()
  updateTitle()
  announceHeadline()
}

/** Passes the headline to screen readers if it has changed. */
function announceHeadline() {
  const headline = RELAY.head?.headline ?? ''
  if (headline === announced) return
  announced = headline
  byId('announcement').textContent = headline
}

/** @param {'connected' | 'lost'} state */
function showConnection(state) {
  const wasConnected = connection === 'connected'
  connection = state
  const notice = byId('disconnected')
  notice.hidden = state === 'connected'
  if (state === 'lost') {
    show(notice, [
      'No connection to the relay. ',
      ...(wasConnected ? ['This page shows the state at ', { clock: reportedTime() }, '. '] : []),
      'Reconnecting automatically.',
    ])
  }
  document.documentElement.dataset.connection = state
  show(byId('connection'), [CONNECTION_TEXTS[state]])
  updateTitle()
}

function updateTitle() {
  const text = connection === 'lost' ? CONNECTION_TEXTS.lost : shownView?.title()
  document.title = `${text} – Halyard relay`
}
