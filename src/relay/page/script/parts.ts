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

/** Numbers, sizes and times as the page says them. A part of {@link SCRIPT}. */
export const WORDS: string = String.raw`
const NUMBER = new Intl.NumberFormat('en')
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** @param {number} count @param {string} one */
function counted(count, one) {
  return NUMBER.format(count) + ' ' + one + (count === 1 ? '' : 's')
}

/** @param {number} bytes */
function sized(bytes) {
  let size = bytes
  let unit = 'B'
  for (const next of ['KiB', 'MiB', 'GiB', 'TiB']) {
    if (size < 1024) break
    size /= 1024
    unit = next
  }
  return (unit === 'B' || size >= 100 ? NUMBER.format(Math.round(size)) : size.toFixed(1)) + ' ' + unit
}

/** How much was saved of what whole payloads would have cost. @param {number} saved @param {number} sent */
function share(saved, sent) {
  return saved > 0 ? ', ' + Math.floor((100 * saved) / (saved + sent)) + '%' : ''
}

/** @param {number} ms */
function span(ms) {
  if (ms >= 172_800_000) return Math.floor(ms / 86_400_000) + ' d'
  if (ms >= 3_600_000) return Math.floor(ms / 3_600_000) + ' h'
  if (ms >= 60_000) return Math.floor(ms / 60_000) + ' min'
  return Math.max(0, Math.floor(ms / 1_000)) + ' s'
}

/**
 * How a moment is said that is so far from the time at the relay.
 * @typedef {'ago' | 'for' | 'until'} Manner
 * @param {number} ms @param {Manner} manner
 */
function distance(ms, manner) {
  if (manner === 'until') return ms < -999 ? 'in ' + span(-ms) : 'now'
  return manner === 'ago' ? span(ms) + ' ago' : span(ms)
}

/** The time of day, with the day where it is another one. @param {number} at @param {number} now */
function clockTime(at, now) {
  const time = CLOCK.format(at)
  return DAY.format(at) === DAY.format(now) ? time : DAY.format(at) + ', ' + time
}

/**
 * Text from the data: what nobody would see, or what would turn the text around it, is spelled out.
 * @param {string} text
 */
function visible(text) {
  const spelled = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    return '\\u{' + character.codePointAt(0)?.toString(16) + '}'
  })
  return spelled.trim() === '' ? JSON.stringify(spelled) : spelled
}
`
