// @ts-check
/** @import { Traffic } from '../../../server/traffic.ts' */
/** @import { EventsView } from '../../events/event-service.ts' */
/** @import { BigSegmentsView, EnvironmentView, KeyView, RecentChange, SdkStreams, StoreView } from '../../view.ts' */
/** @import { EnvironmentVerdict } from '../verdict.ts' */
/** @import { Part } from './dom.js' */
import { addRows, make, nodeOf, relative, show } from './dom.js'
import { countOf, formatBytes, NUMBER } from './format.js'
import { reportedTime } from './relay-clock.js'

/** Further changes are in a part of the card that is closed at first. */
const OPEN_CHANGES = 4

let cardCount = 0

export function createCard() {
  const id = `environment-${++cardCount}`
  const title = make('h2', '')
  title.id = `${id}-name`
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
  const showFacts = addRows(facts, FACTS)
  /** @type {number | undefined} */
  let newest
  let changesShown = ''

  /**
   * @param {EnvironmentView} environment
   * @param {EnvironmentVerdict} verdict
   */
  function update(environment, verdict) {
    card.dataset.tone = verdict.tone
    show(title, [{ name: verdict.title }])
    show(badge, [verdict.label])
    const ids = [environment.sdkKey, environment.envId, environment.projKey].filter((id) => id !== undefined)
    show(
      key,
      ids.flatMap((id, index) => (index === 0 ? [{ name: id }] : [' · ', { name: id }])),
    )
    showFacts(environment)
    showChanges(environment.recent)
  }

  /** @param {readonly RecentChange[]} recent */
  function showChanges(recent) {
    const key = JSON.stringify(recent)
    if (key === changesShown) return
    changesShown = key
    const before = newest
    newest = recent[0]?.at
    const items = recent.map((change) => {
      const isNew = before !== undefined && change.at > before
      const description = make('span', '', ...changeParts(change).map(nodeOf))
      return make('li', isNew ? 'fresh' : '', nodeOf({ clock: change.at }), description)
    })
    latest.replaceChildren(...items.slice(0, OPEN_CHANGES))
    if (items.length === 0) latest.append(make('li', '', 'None yet'))
    earlier.replaceChildren(...items.slice(OPEN_CHANGES))
    more.hidden = items.length <= OPEN_CHANGES
    show(summary, [countOf(items.length - OPEN_CHANGES, 'earlier change')])
  }

  return { card, update }
}

/** @type {Record<string, (environment: EnvironmentView) => readonly Part[] | undefined>} */
const FACTS = {
  Serves: ({ serving, archivedAt, source: { state, ageMs } }) => {
    if (serving === 'nothing') return ['nothing', { note: ['Clients receive a 503 and retry.'] }]
    if (serving === 'archive' && archivedAt !== undefined)
      return [
        'an archive, written ',
        relative(archivedAt, 'ago'),
        { note: ['The relay does not contact the service.'] },
      ]
    const data =
      serving === 'stored' ? 'stored data' : state === 'valid' ? 'live data' : 'the last data received'
    if (ageMs === undefined) return [data, ', not confirmed yet']
    return [data, ', confirmed ', relative(reportedTime() - ageMs, 'ago')]
  },
  Source: ({ source: { state, since, source, mode, nextAttempt, skipped } }) => [
    `${state} for `,
    relative(since, 'for'),
    ...(nextAttempt === undefined ? [] : [', next attempt ', relative(nextAttempt, 'until')]),
    {
      note: [
        ...(source === undefined ? [] : [{ name: source }, mode.protocol === 'fdv1' ? ' (FDv1)' : '', ', ']),
        'since ',
        { clock: since },
        skipped === undefined ? '' : `, ${countOf(skipped, 'invalid object')} skipped`,
      ],
    },
  ],
  'Last error': ({ source: { lastError } }) =>
    lastError && [
      { name: lastError.message },
      { note: [{ name: lastError.source }, ', ', relative(lastError.at, 'ago')] },
    ],
  Database: ({ store }) => store && databaseParts(store),
  'Big segments': ({ bigSegments }) => bigSegments && bigSegmentParts(bigSegments),
  'More keys': ({ moreSdkKeys = [], moreMobileKeys = [] }) => {
    const keys = [...keyParts('SDK key', moreSdkKeys), ...keyParts('mobile key', moreMobileKeys)]
    return keys.length > 0
      ? keys.flatMap((parts, index) => (index === 0 ? parts : [', ', ...parts]))
      : undefined
  },
  Holds: ({ holds }) => [`${countOf(holds.flags, 'flag')}, ${countOf(holds.segments, 'segment')}`],
  Clients: ({ clients: { fdv2, fdv1, pings }, sdks = [] }) => [
    `${NUMBER.format(fdv2)} FDv2, ${NUMBER.format(fdv1)} FDv1, ${NUMBER.format(pings)} browser and mobile`,
    ...(sdks.length === 0 ? [] : [{ note: sdks.flatMap(sdkParts) }]),
  ],
  Traffic: ({ traffic }) => [
    `${formatBytes(traffic.bytesSent)} sent, ${formatBytes(traffic.bytesSaved)} saved`,
    { note: [trafficSummary(traffic)] },
  ],
  Events: ({ events }) => eventParts(events),
}

/**
 * @param {EventsView} events
 * @returns {Part[] | undefined}
 */
function eventParts({ state, received, forwarded, dropped, failed, invalid, queued, lastError, usage }) {
  if (state === 'off') return undefined
  /** @param {number} count @param {string} result */
  const unless0 = (count, result) => (count === 0 ? '' : `, ${NUMBER.format(count)} ${result}`)
  const used =
    usage &&
    `${countOf(usage.evaluations, 'evaluation')}${unless0(usage.unknownEvaluations, 'of unknown flags')}`
  return [
    `${NUMBER.format(received)} received, ${used ?? `${NUMBER.format(forwarded)} forwarded`}`,
    unless0(queued, 'waiting') + unless0(dropped + failed, 'lost') + unless0(invalid, 'invalid'),
    state === 'refused' ? ', refused by the service' : '',
    ...(lastError ? [{ note: [{ name: lastError.message }, ', ', relative(lastError.at, 'ago')] }] : []),
  ]
}

/**
 * @param {string} kind
 * @param {readonly KeyView[]} keys
 * @returns {Part[][]}
 */
function keyParts(kind, keys) {
  return keys.map(({ value, until }) => [
    `${kind} `,
    { name: value },
    ...(until === undefined ? [] : [' expires ', relative(until, 'until')]),
  ])
}

/**
 * @param {SdkStreams} sdk
 * @param {number} index
 * @returns {Part[]}
 */
function sdkParts({ name, version, streams }, index) {
  const label = version === '' ? name : `${name} ${version}`
  return [index === 0 ? '' : ', ', { name: label }, ` (${NUMBER.format(streams)})`]
}

/**
 * @param {StoreView} store
 * @returns {Part[]}
 */
function databaseParts({ prefix, tableName, status }) {
  const { name, state, since, stale, lost, latencyMs, lastError } = status
  return [
    `${state} for `,
    relative(since, 'for'),
    (lost ? ', data lost' : '') + (stale ? ', stale' : ''),
    // Hidden during an outage, because it is the latency of the last successful request.
    state === 'available' && latencyMs !== undefined ? `, ${Math.max(1, Math.round(latencyMs))} ms` : '',
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

/**
 * @param {BigSegmentsView} bigSegments
 * @returns {Part[]}
 */
function bigSegmentParts({ state, available, stale, synchronizedOn, patches }) {
  return [
    state === 'synchronized' ? '' : `${state}, `,
    ...(synchronizedOn === undefined
      ? ['never synchronized']
      : ['synchronized ', relative(synchronizedOn, 'ago')]),
    (stale ? ', stale' : '') + (available ? '' : ', the database does not answer'),
    { note: [`${NUMBER.format(patches)} ${patches === 1 ? 'patch' : 'patches'} written by this relay`] },
  ]
}

/** @param {Traffic} traffic */
function trafficSummary({ deltas, full, evaluations, upToDate, stalledStreams, refusedRequests }) {
  return [
    countOf(deltas, 'delta'),
    countOf(full, 'full payload'),
    evaluations > 0 ? countOf(evaluations, 'evaluated answer') : '',
    `${NUMBER.format(upToDate)} up to date`,
    stalledStreams > 0 ? `${countOf(stalledStreams, 'slow stream')} closed` : '',
    refusedRequests > 0 ? `${countOf(refusedRequests, 'request')} delayed` : '',
  ]
    .filter(Boolean)
    .join(', ')
}

/**
 * @param {RecentChange} change
 * @returns {Part[]}
 */
function changeParts({ type, puts, deletes, items }) {
  const total = puts + deletes
  if (type === 'full') return [`full payload: ${countOf(total, 'item')}`]
  const rest = total - items.length
  return [
    ...items.flatMap((item, index) => [index === 0 ? '' : ', ', ...itemParts(item)]),
    rest > 0 ? ` and ${NUMBER.format(rest)} more` : '',
    deletes > 0 ? `, ${NUMBER.format(deletes)} deleted` : '',
  ]
}

/**
 * @param {string} item Its kind, a space, and its key.
 * @returns {Part[]}
 */
function itemParts(item) {
  const end = item.indexOf(' ')
  return [`${item.slice(0, end)} `, { name: item.slice(end + 1) }]
}
