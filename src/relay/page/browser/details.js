// @ts-check
/** @import { EnvironmentDetails } from '../environment-details.ts' */
import { createChangeList } from './change-list.js'
import { addRows, make, show, updateRelativeTimes } from './dom.js'
import { FACTS } from './facts.js'
import { hrefOf } from './router.js'

/** Clients and traffic change without a message of the relay, so the details are read at least this often. */
const REREAD_MS = 5_000

/**
 * Creates the details of an environment, which it reads from the relay and keeps current until it is removed.
 * @param {string} name
 */
export function createDetails(name) {
  const key = make('p', 'key')
  const problems = make('ul', 'problems')
  const facts = make('dl', 'facts')
  const changes = createChangeList()
  const link = make('a', '', 'Flags')
  link.href = hrefOf({ view: 'flags', environment: name })
  const links = make('p', 'links', link)
  const element = make(
    'div',
    'details',
    make('div', 'identity', key, links),
    problems,
    facts,
    changes.element,
  )
  element.setAttribute('role', 'group')
  const showFacts = addRows(facts, FACTS)
  const aborting = new AbortController()
  let isReading = false
  let isOutdated = false

  const timer = setInterval(refresh, REREAD_MS)
  refresh()

  /** Reads the details. A call while they are being read makes them be read again afterwards. */
  function refresh() {
    isOutdated = true
    if (!isReading) read().catch(reportError)
  }

  async function read() {
    isReading = true
    while (isOutdated && !aborting.signal.aborted) {
      isOutdated = false
      // A failure is shown by the state of the connection, and the next message of the relay makes the page read again.
      const details = await fetchDetails(name, aborting.signal).catch(() => undefined)
      if (details && !aborting.signal.aborted) render(details)
    }
    isReading = false
  }

  /** @param {EnvironmentDetails} details */
  function render({ now, environment, verdict }) {
    const ids = [environment.sdkKey, environment.envId, environment.projKey].filter((id) => id !== undefined)
    show(
      key,
      ids.flatMap((id, index) => (index === 0 ? [{ name: id }] : [' · ', { name: id }])),
    )
    problems.hidden = verdict.problems.length === 0
    show(
      problems,
      verdict.problems.map((problem) => ({ item: `This environment ${problem}.` })),
    )
    showFacts({ ...environment, now })
    changes.update(environment.recent)
    updateRelativeTimes()
  }

  function remove() {
    clearInterval(timer)
    aborting.abort()
    element.remove()
  }

  return { element, refresh, remove }
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 * @returns {Promise<EnvironmentDetails>}
 */
async function fetchDetails(name, signal) {
  const response = await fetch(`page/environment?${new URLSearchParams({ name })}`, { signal })
  if (!response.ok) throw new Error(`status ${response.status}`)
  return response.json()
}
