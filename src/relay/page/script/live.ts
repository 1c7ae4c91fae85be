import { CARD } from './card.ts'
import { PARTS, WORDS } from './parts.ts'

/** The whole page, and its connection to the relay. The last part of {@link SCRIPT}. */
const LIVE: string = `
/** The relay says at least every few seconds that it is there. */
const SILENCE_MS = 16_000
const RETRY_MS = 2_000

/** What the page knows. */
const told = { now: Date.now() }
/** When, by our clock, we were told, or began to ask. */
let heardAt = Date.now()
/** @type {'asking' | 'connected' | 'lost'} */
let line = 'asking'
/** @type {EventSource | undefined} */
let events
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry
/** @type {Map<string, ReturnType<typeof newCard>>} */
const cards = new Map()

/** The time at the relay. It stands still while the relay cannot be heard: nobody knows how things are now. */
function relayNow() {
  return told.now + (line === 'connected' ? Math.max(0, Date.now() - heardAt) : 0)
}

/** @type {Record<string, (view: RelayView) => readonly Part[]>} */
const TOTALS = {
  'Clients connected': ({ environments }) => [
    NUMBER.format(sum(environments, ({ clients }) => clients.fdv2 + clients.fdv1)),
  ],
  'Bytes sent': ({ environments }) => [sized(sum(environments, ({ traffic }) => traffic.bytesSent))],
  'Bytes saved': ({ environments }) => {
    const sent = sum(environments, ({ traffic }) => traffic.bytesSent)
    const saved = sum(environments, ({ traffic }) => traffic.bytesSaved)
    return [sized(saved) + share(saved, sent)]
  },
  Running: ({ startedAt }) => [moment(startedAt, 'for')],
}
const fillTotals = rowsIn(byId('totals'), TOTALS)

/** @param {readonly EnvironmentView[]} environments @param {(environment: EnvironmentView) => number} of */
function sum(environments, of) {
  return environments.reduce((total, environment) => total + of(environment), 0)
}

/** @param {Told} what */
function render({ verdict, view }) {
  show(byId('about'), ['Halyard ' + view.version])
  fillTotals(view)
  renderEnvironments(verdict, view)
  renderVerdict(verdict)
}

/** @param {Verdict} verdict @param {RelayView} view */
function renderEnvironments({ standings }, { environments }) {
  const list = byId('environments')
  for (const [place, environment] of environments.entries()) {
    const entry = cards.get(environment.name) ?? newCard()
    cards.set(environment.name, entry)
    entry.update(environment, /** @type {Standing} */ (standings[place]))
    if (list.children[place] !== entry.card) list.insertBefore(entry.card, list.children[place] ?? null)
  }
  const names = new Set(environments.map(({ name }) => name))
  for (const [name, { card }] of cards) {
    if (names.has(name)) continue
    card.remove()
    cards.delete(name)
  }
}

let verdictShown = ''

/** Touched only when it is another one, because it is read aloud. @param {Verdict} verdict */
function renderVerdict(verdict) {
  const key = JSON.stringify(verdict)
  if (key === verdictShown) return
  verdictShown = key
  const { tone, headline, standings } = verdict
  const troubles = standings.flatMap(({ name, troubles }) => {
    if (troubles.length === 0) return []
    const link = make('a', '', nodeOf({ name }))
    link.href = '#' + cards.get(name)?.card.id
    return [make('li', '', link, ' ' + troubles.join('; '))]
  })
  byId('verdict').dataset.tone = tone
  byId('verdict').replaceChildren(make('h1', '', headline), ...(troubles.length > 0 ? [make('ul', '', ...troubles)] : []))
  renderLine()
}

function renderLine() {
  const words = { asking: 'Connecting', connected: 'Connected', lost: 'Not connected' }[line]
  const headline = byId('verdict').querySelector('h1')?.textContent
  document.documentElement.dataset.line = line
  document.title = (line === 'lost' ? words : headline) + ' – Halyard relay'
  show(byId('line'), [words])
}

/** @param {number} now */
function heard(now) {
  told.now = now
  heardAt = Date.now()
  if (line === 'connected') return
  line = 'connected'
  byId('lost').hidden = true
  renderLine()
}

function connect() {
  clearTimeout(retry)
  events?.close()
  heardAt = Date.now()
  events = new EventSource('status/events')
  events.addEventListener('view', ({ data }) => {
    const what = /** @type {Told} */ (JSON.parse(data))
    heard(what.view.now)
    render(what)
    tick()
  })
  events.addEventListener('alive', ({ data }) => heard(JSON.parse(data).now))
  events.addEventListener('error', lose)
}

function lose() {
  events?.close()
  clearTimeout(retry)
  retry = setTimeout(connect, RETRY_MS)
  const isKnown = line === 'connected'
  told.now = relayNow()
  heardAt = Date.now()
  if (line === 'lost') return
  line = 'lost'
  show(byId('lost'), [
    'No connection to the relay. ',
    ...(isKnown ? ['Below is how it was at ', { clock: told.now }, '. '] : []),
    'Trying again by itself.',
  ])
  byId('lost').hidden = false
  renderLine()
}

setInterval(() => {
  tick()
  if (Date.now() - heardAt > SILENCE_MS) lose()
}, 1_000)
for (const event of ['online', 'pageshow']) {
  addEventListener(event, () => {
    if (line === 'lost') connect()
  })
}
connect()
`

/**
 * What the page does in the browser: plain JavaScript, kept in text because no build step stands between these files and
 * the package. `test/relay/page/script.test.ts` checks its types.
 */
export const SCRIPT: string = [WORDS, PARTS, CARD, LIVE].join('')
