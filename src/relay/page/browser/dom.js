// @ts-check
/** @import { RelativeForm } from './format.js' */
import { escapeInvisible, formatClockTime, formatRelative } from './format.js'
import { relayNow } from './relay-clock.js'

/**
 * A piece of content: text of the page, a name from the data, a time of day, a relative time that the page keeps
 * current, a note in small print, or an item of a list.
 * @typedef {string | { name: string } | { clock: number } | { at: number, form: RelativeForm } | { note: Part[] } | { item: string }} Part
 */

/**
 * @param {number} at
 * @param {RelativeForm} form
 * @returns {Part}
 */
export function relative(at, form) {
  return { at, form }
}

/** @type {WeakMap<Element, string>} */
const shownParts = new WeakMap()

/**
 * Replaces the content of an element. Leaves the element alone if it shows these parts already, because replacing would
 * clear the reader's selection and focus.
 * @param {Element} element
 * @param {readonly Part[]} parts
 */
export function show(element, parts) {
  const key = JSON.stringify(parts)
  if (shownParts.get(element) === key) return
  shownParts.set(element, key)
  element.replaceChildren(...parts.map(nodeOf))
}

/**
 * @param {Part} part
 * @returns {Node}
 */
export function nodeOf(part) {
  if (typeof part === 'string') return document.createTextNode(part)
  if ('name' in part) return make('bdi', 'name', escapeInvisible(part.name))
  if ('note' in part) return make('small', '', ...part.note.map(nodeOf))
  if ('item' in part) return make('li', '', part.item)
  if ('clock' in part) return timeElement(part.clock, formatClockTime(part.clock, relayNow()))
  const time = timeElement(part.at, formatRelative(relayNow() - part.at, part.form))
  time.dataset.at = String(part.at)
  time.dataset.form = part.form
  return time
}

/**
 * Returns the lines of a text from the data, as names.
 * @param {string} text
 * @returns {Part[]}
 */
export function textLines(text) {
  return text.split('\n').flatMap((line) => [{ name: line }, '\n'])
}

/**
 * @param {number} at
 * @param {string} text
 */
function timeElement(at, text) {
  const time = make('time', '', text)
  time.dateTime = new Date(at).toISOString()
  time.title = time.dateTime
  return time
}

/** Updates the text of all relative times in the document. */
export function updateRelativeTimes() {
  const now = relayNow()
  for (const time of document.querySelectorAll('time[data-at]')) {
    const { at, form } = /** @type {HTMLElement} */ (time).dataset
    const text = formatRelative(now - Number(at), /** @type {RelativeForm} */ (form))
    if (time.textContent !== text) time.textContent = text
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(string | Node)} children
 */
export function make(tag, className, ...children) {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...children)
  return element
}

/** @param {string} id */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}

/**
 * Adds a row to a definition list for each entry of `rows`, and returns a function that fills the rows in. A row whose
 * function returns `undefined` is hidden.
 * @template T
 * @param {HTMLElement} list
 * @param {Record<string, (subject: T) => readonly Part[] | undefined>} rows
 * @returns {(subject: T) => void}
 */
export function addRows(list, rows) {
  const added = Object.entries(rows).map(([name, partsOf]) => {
    const value = make('dd', '')
    const row = make('div', '', make('dt', '', name), value)
    list.append(row)
    return { row, value, partsOf }
  })
  return (subject) => {
    for (const { row, value, partsOf } of added) {
      const parts = partsOf(subject)
      row.hidden = !parts
      show(value, parts ?? [])
    }
  }
}
