/** How the page puts what it says into the document. A part of {@link SCRIPT}. */
export const PARTS: string = `
/**
 * What a place shows is a list of parts: our own words, what others named, moments by the clock or by their distance,
 * which is kept current, and a note below.
 * @typedef {string | { name: string } | { clock: number } | { at: number, manner: Manner } | { note: Part[] }} Part
 */

/** @param {number} at @param {Manner} manner @returns {Part} */
function moment(at, manner) {
  return { at, manner }
}

/** @type {WeakMap<Element, string>} */
const shown = new WeakMap()

/**
 * Shows parts in a place, if it does not show them already: what is not touched can be read, selected and focused.
 * @param {Element} place @param {readonly Part[]} parts
 */
function show(place, parts) {
  const key = JSON.stringify(parts)
  if (shown.get(place) === key) return
  shown.set(place, key)
  place.replaceChildren(...parts.map(nodeOf))
}

/** @param {Part} part @returns {Node} */
function nodeOf(part) {
  if (typeof part === 'string') return document.createTextNode(part)
  if ('name' in part) return make('bdi', 'name', visible(part.name))
  if ('note' in part) return make('small', '', ...part.note.map(nodeOf))
  if ('clock' in part) return timeOf(part.clock, clockTime(part.clock, relayNow()))
  const time = timeOf(part.at, distance(relayNow() - part.at, part.manner))
  time.dataset.at = String(part.at)
  time.dataset.manner = part.manner
  return time
}

/** @param {number} at @param {string} text */
function timeOf(at, text) {
  const time = make('time', '', text)
  time.dateTime = new Date(at).toISOString()
  time.title = time.dateTime
  return time
}

/** Says every moment anew. */
function tick() {
  const now = relayNow()
  for (const time of document.querySelectorAll('time[data-at]')) {
    const { at, manner } = /** @type {HTMLElement} */ (time).dataset
    const text = distance(now - Number(at), /** @type {Manner} */ (manner))
    if (time.textContent !== text) time.textContent = text
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {string} className @param {...(string | Node)} children
 */
function make(tag, className, ...children) {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...children)
  return element
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}

/**
 * A list of names and what there is to say of them; a row with nothing to say is not there.
 * @template T
 * @param {HTMLElement} list @param {Record<string, (subject: T) => readonly Part[] | undefined>} rows
 * @returns {(subject: T) => void}
 */
function rowsIn(list, rows) {
  const places = Object.entries(rows).map(([name, say]) => {
    const value = make('dd', '')
    const row = make('div', '', make('dt', '', name), value)
    list.append(row)
    return { row, value, say }
  })
  return (subject) => {
    for (const { row, value, say } of places) {
      const parts = say(subject)
      row.hidden = !parts
      show(value, parts ?? [])
    }
  }
}
`
