// @ts-check
/** @import { RecentChange } from '../../view.ts' */
/** @import { Part } from './dom.js' */
import { make, nodeOf, show } from './dom.js'
import { countOf, NUMBER } from './format.js'

/** Further changes are in a part that is closed at first. */
const OPEN_CHANGES = 4

/** Creates the list of the last changes of an environment, in which new ones are highlighted for some seconds. */
export function createChangeList() {
  const latest = make('ol', 'changes')
  const earlier = make('ol', 'changes')
  const summary = make('summary', '')
  const more = make('details', '', summary, earlier)
  const element = make('section', '', make('h3', '', 'Last changes'), latest, more)
  /** @type {number | undefined} */
  let newest
  let changesShown = ''

  /** @param {readonly RecentChange[]} recent */
  function update(recent) {
    const key = JSON.stringify(recent)
    if (key === changesShown) return
    const before = changesShown === '' ? undefined : (newest ?? 0)
    changesShown = key
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

  return { element, update }
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
