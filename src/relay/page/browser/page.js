// @ts-check
/** @import { EnvironmentView, RelayView } from '../../view.ts' */
/** @import { StatusMessage } from '../status-feed.ts' */
/** @import { EnvironmentVerdict, RelayVerdict } from '../verdict.ts' */
/** @import { Part } from './dom.js' */
import { createCard } from './card.js'
import { addRows, byId, make, nodeOf, show, updateRelativeTimes } from './dom.js'
import { formatBytes, NUMBER, savedShare } from './format.js'
import { reportedTime, setRelayClock, stopRelayClock } from './relay-clock.js'

/** The relay sends a message at least every 5 seconds; without one for this long the page reconnects. */
const SILENCE_MS = 16_000
const RETRY_MS = 2_000

let lastMessageAt = Date.now()
/** @type {'connecting' | 'connected' | 'lost'} */
let connection = 'connecting'
/** @type {EventSource | undefined} */
let events
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry
/** @type {Map<string, ReturnType<typeof createCard>>} */
const cards = new Map()
let verdictShown = ''

/** @type {Record<string, (view: RelayView) => readonly Part[]>} */
const TOTALS = {
  'Clients connected': ({ environments }) => [
    NUMBER.format(sum(environments, ({ clients }) => clients.fdv2 + clients.fdv1 + clients.pings)),
  ],
  'Bytes sent': ({ environments }) => [formatBytes(sum(environments, ({ traffic }) => traffic.bytesSent))],
  'Bytes saved': ({ environments }) => {
    const sent = sum(environments, ({ traffic }) => traffic.bytesSent)
    const saved = sum(environments, ({ traffic }) => traffic.bytesSaved)
    return [formatBytes(saved) + savedShare(saved, sent)]
  },
  Running: ({ startedAt }) => [{ at: startedAt, form: 'for' }],
}
const showTotals = addRows(byId('totals'), TOTALS)

setInterval(() => {
  updateRelativeTimes()
  if (Date.now() - lastMessageAt > SILENCE_MS) disconnect()
}, 1_000)
for (const event of ['online', 'pageshow']) {
  addEventListener(event, () => {
    if (connection === 'lost') connect()
  })
}
connect()

function connect() {
  clearTimeout(retry)
  events?.close()
  lastMessageAt = Date.now()
  events = new EventSource('status/events')
  events.addEventListener('view', ({ data }) => {
    const message = /** @type {StatusMessage} */ (JSON.parse(data))
    onMessage(message.view.now)
    render(message)
    updateRelativeTimes()
  })
  events.addEventListener('alive', ({ data }) => onMessage(JSON.parse(data).now))
  events.addEventListener('error', disconnect)
}

/** @param {number} now */
function onMessage(now) {
  setRelayClock(now)
  lastMessageAt = Date.now()
  if (connection === 'connected') return
  connection = 'connected'
  byId('disconnected').hidden = true
  renderConnection()
}

/** Closes the connection and schedules the next attempt. */
function disconnect() {
  events?.close()
  clearTimeout(retry)
  retry = setTimeout(connect, RETRY_MS)
  lastMessageAt = Date.now()
  const wasConnected = connection === 'connected'
  stopRelayClock()
  if (connection === 'lost') return
  connection = 'lost'
  show(byId('disconnected'), [
    'No connection to the relay. ',
    ...(wasConnected ? ['This page shows the state at ', { clock: reportedTime() }, '. '] : []),
    'Reconnecting automatically.',
  ])
  byId('disconnected').hidden = false
  renderConnection()
}

/** @param {StatusMessage} message */
function render({ verdict, view }) {
  show(byId('about'), [`Halyard ${view.version}`])
  showTotals(view)
  renderEnvironments(verdict, view)
  renderVerdict(verdict)
}

/**
 * @param {RelayVerdict} verdict
 * @param {RelayView} view
 */
function renderEnvironments(verdict, { environments }) {
  const list = byId('environments')
  for (const [index, environment] of environments.entries()) {
    const entry = cards.get(environment.name) ?? createCard()
    cards.set(environment.name, entry)
    entry.update(environment, /** @type {EnvironmentVerdict} */ (verdict.environments[index]))
    if (list.children[index] !== entry.card) list.insertBefore(entry.card, list.children[index] ?? null)
  }
  const names = new Set(environments.map(({ name }) => name))
  for (const [name, { card }] of cards) {
    if (names.has(name)) continue
    card.remove()
    cards.delete(name)
  }
}

/**
 * Does nothing if the verdict is the one shown, because screen readers announce each change.
 * @param {RelayVerdict} verdict
 */
function renderVerdict(verdict) {
  const key = JSON.stringify(verdict)
  if (key === verdictShown) return
  verdictShown = key
  const problems = verdict.environments.flatMap(({ name, title, problems }) => {
    if (problems.length === 0) return []
    const link = make('a', '', nodeOf({ name: title }))
    link.href = `#${cards.get(name)?.card.id}`
    return [make('li', '', link, ` ${problems.join('; ')}`)]
  })
  const element = byId('verdict')
  element.dataset.tone = verdict.tone
  element.replaceChildren(make('h1', '', verdict.headline))
  if (problems.length > 0) element.append(make('ul', '', ...problems))
  renderConnection()
}

/** Updates the connection state in the header and the title of the document. */
function renderConnection() {
  const text = { connecting: 'Connecting', connected: 'Connected', lost: 'Not connected' }[connection]
  const headline = byId('verdict').querySelector('h1')?.textContent
  document.documentElement.dataset.connection = connection
  document.title = `${connection === 'lost' ? text : headline} – Halyard relay`
  show(byId('connection'), [text])
}

/**
 * @param {readonly EnvironmentView[]} environments
 * @param {(environment: EnvironmentView) => number} amount
 */
function sum(environments, amount) {
  return environments.reduce((total, environment) => total + amount(environment), 0)
}
