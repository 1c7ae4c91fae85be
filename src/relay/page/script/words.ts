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
