/**
 * Returns the text with control characters and invisible characters escaped, so that it is safe to print on a terminal. JSON
 * stays valid JSON, and line breaks are kept.
 */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, escaped)
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')
}

/** Returns a number with its noun, for example `1 flag` or `2 flags`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
