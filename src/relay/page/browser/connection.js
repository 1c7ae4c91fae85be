// @ts-check
/** @import { ChangesMessage, OverviewMessage } from '../overview.ts' */
import { setRelayClock, stopRelayClock } from './relay-clock.js'

/** The relay sends a message at least every 5 seconds; without one for this long the page reconnects. */
const SILENCE_MS = 16_000
const RETRY_MS = 2_000

/**
 * @typedef {object} FeedListener
 * @property {(message: OverviewMessage) => void} onOverview
 * @property {(message: ChangesMessage) => void} onChanges
 * @property {() => void} onAlive Called after a message without changes.
 * @property {(state: 'connected' | 'lost') => void} onConnection Called before the first message, and when the connection is lost.
 */

/**
 * Follows `/status/events`, and reconnects after a failure and after silence.
 * @param {FeedListener} listener
 */
export function followRelay({ onOverview, onChanges, onAlive, onConnection }) {
  /** @type {'connecting' | 'connected' | 'lost'} */
  let connection = 'connecting'
  /** @type {EventSource | undefined} */
  let events
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry
  let lastMessageAt = Date.now()

  setInterval(() => {
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
    events.addEventListener('overview', ({ data }) => receive(data, onOverview))
    events.addEventListener('changes', ({ data }) => receive(data, onChanges))
    events.addEventListener('alive', ({ data }) => receive(data, onAlive))
    events.addEventListener('error', disconnect)
  }

  /**
   * @template {{ now: number }} T
   * @param {string} data
   * @param {(message: T) => void} handle
   */
  function receive(data, handle) {
    const message = /** @type {T} */ (JSON.parse(data))
    setRelayClock(message.now)
    lastMessageAt = Date.now()
    if (connection !== 'connected') {
      connection = 'connected'
      onConnection('connected')
    }
    handle(message)
  }

  /** Closes the connection and schedules the next attempt. */
  function disconnect() {
    events?.close()
    clearTimeout(retry)
    retry = setTimeout(connect, RETRY_MS)
    lastMessageAt = Date.now()
    stopRelayClock()
    if (connection === 'lost') return
    connection = 'lost'
    onConnection('lost')
  }
}
