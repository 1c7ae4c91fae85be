// @ts-check
/** @import { ClientsView } from '../../view.ts' */

export const NUMBER = new Intl.NumberFormat('en')
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/**
 * Returns a count with its noun, for example `1 flag` or `2 flags`.
 * @param {number} count
 * @param {string} noun
 */
export function countOf(count, noun) {
  return `${NUMBER.format(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  let size = bytes
  let unit = 'B'
  for (const next of ['KiB', 'MiB', 'GiB', 'TiB']) {
    if (size < 1024) break
    size /= 1024
    unit = next
  }
  return `${unit === 'B' || size >= 100 ? NUMBER.format(Math.round(size)) : size.toFixed(1)} ${unit}`
}

/**
 * Returns `, 75%` if 75 percent of the traffic was saved, and an empty string if none was.
 * @param {number} saved
 * @param {number} sent
 */
export function savedShare(saved, sent) {
  return saved > 0 ? `, ${Math.floor((100 * saved) / (saved + sent))}%` : ''
}

/** @param {number} ms */
function formatDuration(ms) {
  if (ms >= 172_800_000) return `${Math.floor(ms / 86_400_000)} d`
  if (ms >= 3_600_000) return `${Math.floor(ms / 3_600_000)} h`
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min`
  return `${Math.max(0, Math.floor(ms / 1_000))} s`
}

/**
 * The wording of a relative time: `5 s ago` (`ago`), `5 s` (`for`), or `in 5 s` (`until`).
 * @typedef {'ago' | 'for' | 'until'} RelativeForm
 */

/**
 * Returns the wording of a time that is `ms` milliseconds in the past, or in the future if `ms` is negative.
 * @param {number} ms
 * @param {RelativeForm} form
 */
export function formatRelative(ms, form) {
  if (form === 'until') return ms < -999 ? `in ${formatDuration(-ms)}` : 'now'
  return form === 'ago' ? `${formatDuration(ms)} ago` : formatDuration(ms)
}

/**
 * Returns the time of day, with the date if it is not the date of `now`.
 * @param {number} at
 * @param {number} now
 */
export function formatClockTime(at, now) {
  const time = CLOCK.format(at)
  return DAY.format(at) === DAY.format(now) ? time : `${DAY.format(at)}, ${time}`
}

/**
 * Replaces characters that are invisible, or that reverse the text around them, by their code, for example `\u{202e}`.
 * @param {string} text
 */
export function escapeInvisible(text) {
  const escaped = text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
  return escaped.trim() === '' ? JSON.stringify(escaped) : escaped
}

/**
 * Returns the numbers of clients by kind, without kinds that have none, for example `2 FDv2 streams, about 3 pollers`.
 * @param {ClientsView} clients
 */
export function clientsText({ fdv2, fdv1, pings, pollers }) {
  const texts = [
    fdv2 > 0 && countOf(fdv2, 'FDv2 stream'),
    fdv1 > 0 && countOf(fdv1, 'FDv1 stream'),
    pings > 0 && countOf(pings, 'ping stream'),
    pollers > 0 && `about ${countOf(pollers, 'poller')}`,
  ]
  return texts.filter((text) => text !== false).join(', ') || 'none'
}
