// @ts-check
/** @import { Traffic } from '../../../server/traffic.ts' */
/** @import { EventsView } from '../../events/event-service.ts' */
/** @import { UsageReader } from '../../events/usage-view.ts' */
/** @import { BigSegmentsView, EnvironmentView, KeyView, SdkStreams, StoreView } from '../../view.ts' */
/** @import { Part } from './dom.js' */
import { relative } from './dom.js'
import { clientsText, countOf, formatBytes, NUMBER } from './format.js'

/**
 * The rows of the details of an environment.
 * @type {Record<string, (subject: EnvironmentView & { readonly now: number }) => readonly Part[] | undefined>}
 */
export const FACTS = {
  Serves: ({ now, serving, archivedAt, source: { state, ageMs } }) => {
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
    return [data, ', confirmed ', relative(now - ageMs, 'ago')]
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
  Waiting: ({ unanswered, now }) =>
    unanswered && now - unanswered.since >= 1_000
      ? ['no answer from ', { name: unanswered.address }, ' for ', relative(unanswered.since, 'for')]
      : undefined,
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
  Clients: ({ clients, sdks = [] }) => [
    clientsText(clients),
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
    ...(usage && usage.latestUnknown.length > 0
      ? [{ note: ['Unknown: ', ...usage.latestUnknown.flatMap(unknownParts)] }]
      : []),
    ...(lastError ? [{ note: [{ name: lastError.message }, ', ', relative(lastError.at, 'ago')] }] : []),
  ]
}

/**
 * @param {UsageReader['latestUnknown'][number]} flag
 * @param {number} index
 * @returns {Part[]}
 */
function unknownParts({ key, total }, index) {
  return [index === 0 ? '' : ', ', { name: key }, ` (${NUMBER.format(total)})`]
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
