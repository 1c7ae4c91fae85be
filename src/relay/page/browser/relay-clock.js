// @ts-check
// The relay's time, because the clock of the browser may be wrong. It stops while the connection is lost, so that ages
// on the page stay those of the last known state.

let reported = Date.now()
let receivedAt = Date.now()
let isRunning = false

/** Returns the time at the relay, in milliseconds since 1970. */
export function relayNow() {
  return reported + (isRunning ? Math.max(0, Date.now() - receivedAt) : 0)
}

/** Returns the time in the last message from the relay, or the time at which the connection was lost. */
export function reportedTime() {
  return reported
}

/**
 * Sets the clock to the time in a message from the relay, and starts it.
 * @param {number} now
 */
export function setRelayClock(now) {
  reported = now
  receivedAt = Date.now()
  isRunning = true
}

export function stopRelayClock() {
  reported = relayNow()
  isRunning = false
}
