// @ts-check
/** @import { ItemChange } from '../../flags/item-changes.ts' */
import { make, nodeOf } from './dom.js'

const CHANGE_TEXTS = { added: 'Created', changed: 'Changed', deleted: 'Deleted' }

/**
 * Returns the list of changes of a flag or segment, with old and new values.
 * @param {readonly ItemChange[]} changes
 */
export function changesElement(changes) {
  if (changes.length === 0)
    return make('p', 'muted', 'None since the start of the relay, or they are no longer in memory.')
  return make('ol', 'item-changes', ...changes.map(changeElement))
}

/** @param {ItemChange} change */
function changeElement({ at, type, from, to, differences, isCut }) {
  const versions = [from, to].filter((version) => version !== undefined).join(' → ')
  const heading = make(
    'p',
    'change-heading',
    nodeOf({ clock: at }),
    ` ${CHANGE_TEXTS[type]}, version ${versions}`,
  )
  const item = make('li', '', heading)
  if (differences.length > 0) item.append(make('ul', 'differences', ...differences.map(differenceElement)))
  if (isCut)
    item.append(
      make(
        'p',
        'muted',
        differences.length > 0
          ? 'There are more differences.'
          : 'Many items changed together, so the differences were not determined.',
      ),
    )
  return item
}

/** @param {ItemChange['differences'][number]} difference */
function differenceElement({ path, from, to }) {
  const element = make('li', '', nodeOf({ name: path }), ': ')
  if (from !== undefined)
    element.append(make('del', '', make('span', 'spoken', 'from '), nodeOf({ name: from })))
  if (from !== undefined && to !== undefined) element.append(' → ')
  if (to !== undefined) element.append(make('ins', '', make('span', 'spoken', 'to '), nodeOf({ name: to })))
  return element
}
