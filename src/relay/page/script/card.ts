/** One environment. A part of {@link SCRIPT}. */
export const CARD: string = `
/** @type {Record<string, (environment: EnvironmentView) => readonly Part[] | undefined>} */
const FACTS = {
  Serves: ({ serving, archivedAt, source: { state, ageMs } }) => {
    if (serving === 'nothing') return ['nothing', { note: ['Clients are asked to come again.'] }]
    if (serving === 'archive' && archivedAt !== undefined)
      return ['an archive, written ', moment(archivedAt, 'ago'), { note: ['Nothing comes from the service.'] }]
    const what = serving === 'stored' ? 'stored data' : state === 'valid' ? 'live data' : 'the last data it got'
    if (ageMs === undefined) return [what, ', not confirmed yet']
    return [what, ', confirmed ', moment(told.now - ageMs, 'ago')]
  },
  Source: ({ source: { state, since, source, mode, nextAttempt, skipped } }) => [
    state + ' for ',
    moment(since, 'for'),
    ...(nextAttempt === undefined ? [] : [', next try ', moment(nextAttempt, 'until')]),
    {
      note: [
        ...(source === undefined ? [] : [{ name: source }, mode.protocol === 'fdv1' ? ' (FDv1)' : '', ', ']),
        'since ',
        { clock: since },
        skipped === undefined ? '' : ', ' + counted(skipped, 'object') + ' left out',
      ],
    },
  ],
  'Last error': ({ source: { lastError } }) =>
    lastError && [
      { name: lastError.message },
      { note: [{ name: lastError.source }, ', ', moment(lastError.at, 'ago')] },
    ],
  Database: ({ store }) => store && databaseParts(store),
  Holds: ({ holds }) => [counted(holds.flags, 'flag') + ', ' + counted(holds.segments, 'segment')],
  Clients: ({ clients }) => [NUMBER.format(clients.fdv2) + ' FDv2, ' + NUMBER.format(clients.fdv1) + ' FDv1'],
  Traffic: ({ traffic }) => [
    sized(traffic.bytesSent) + ' sent, ' + sized(traffic.bytesSaved) + ' saved',
    { note: [answersIn(traffic)] },
  ],
}

/** @param {StoreView} store @returns {Part[]} */
function databaseParts({ prefix, tableName, status }) {
  const { name, state, since, stale, lost, latencyMs, lastError } = status
  return [
    state + ' for ',
    moment(since, 'for'),
    (lost ? ', data lost' : '') + (stale ? ', stale' : ''),
    // Of the last answer: beside an outage it would pass for how long that took.
    state === 'available' && latencyMs !== undefined ? ', ' + Math.max(1, Math.round(latencyMs)) + ' ms' : '',
    ...(state === 'unavailable' && lastError ? [': ', { name: lastError.message }] : []),
    {
      note: [
        { name },
        ...(tableName === undefined ? [] : [', table ', { name: tableName }]),
        ...(prefix === undefined ? [] : [', prefix ', { name: prefix }]),
      ],
    },
  ]
}

/** @param {Traffic} traffic */
function answersIn({ deltas, full, upToDate, cut, turnedAway }) {
  return [
    counted(deltas, 'delta'),
    counted(full, 'whole payload'),
    NUMBER.format(upToDate) + ' up to date',
    cut > 0 ? counted(cut, 'stream') + ' cut' : '',
    turnedAway > 0 ? counted(turnedAway, 'request') + ' put off' : '',
  ]
    .filter(Boolean)
    .join(', ')
}

/** Changes beyond these are for those who ask. */
const SHOWN_CHANGES = 4

let cardsMade = 0

/** A place for one environment. */
function newCard() {
  const id = 'environment-' + ++cardsMade
  const title = make('h2', '')
  title.id = id + '-name'
  const badge = make('p', 'badge')
  const key = make('p', 'key')
  const facts = make('dl', 'facts')
  const latest = make('ol', 'changes')
  const earlier = make('ol', 'changes')
  const summary = make('summary', '')
  const more = make('details', '', summary, earlier)
  const card = make('article', 'environment', make('header', '', title, badge, key), facts)
  card.append(make('h3', '', 'Last changes'), latest, more)
  card.id = id
  card.setAttribute('aria-labelledby', title.id)
  const fill = rowsIn(facts, FACTS)
  /** @type {number | undefined} */
  let newest
  let changesShown = ''

  /** @param {EnvironmentView} environment @param {Standing} standing */
  function update(environment, standing) {
    card.dataset.tone = standing.tone
    show(title, [{ name: environment.name }])
    show(badge, [standing.word])
    const ids = [environment.sdkKey, environment.envId, environment.projKey].filter((id) => id !== undefined)
    show(key, ids.flatMap((id, place) => (place === 0 ? [{ name: id }] : [' · ', { name: id }])))
    fill(environment)
    updateChanges(environment.recent)
  }

  /** @param {readonly RecentChange[]} recent */
  function updateChanges(recent) {
    const key = JSON.stringify(recent)
    if (key === changesShown) return
    changesShown = key
    const before = newest
    newest = recent[0]?.at
    const items = recent.map((change) => {
      const isNew = before !== undefined && change.at > before
      return make('li', isNew ? 'fresh' : '', nodeOf({ clock: change.at }), make('span', '', ...changeParts(change).map(nodeOf)))
    })
    latest.replaceChildren(...items.slice(0, SHOWN_CHANGES))
    if (items.length === 0) latest.append(make('li', '', 'None yet'))
    earlier.replaceChildren(...items.slice(SHOWN_CHANGES))
    more.hidden = items.length <= SHOWN_CHANGES
    show(summary, [counted(items.length - SHOWN_CHANGES, 'earlier change')])
  }

  return { card, update }
}

/** @param {RecentChange} change @returns {Part[]} */
function changeParts({ type, puts, deletes, items }) {
  const all = puts + deletes
  if (type === 'full') return ['everything: ' + counted(all, 'item')]
  const rest = all - items.length
  return [
    ...items.flatMap((item, place) => [place === 0 ? '' : ', ', ...itemParts(item)]),
    rest > 0 ? ' and ' + NUMBER.format(rest) + ' more' : '',
    deletes > 0 ? ', ' + NUMBER.format(deletes) + ' deleted' : '',
  ]
}

/** An item is told as its kind, a space, and its key. @param {string} item @returns {Part[]} */
function itemParts(item) {
  const end = item.indexOf(' ')
  return [item.slice(0, end) + ' ', { name: item.slice(end + 1) }]
}
`
