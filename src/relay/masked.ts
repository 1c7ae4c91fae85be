/** All but the last four characters of a key, which are enough to tell keys apart. */
export function masked(key: string): string {
  const shown = key.length > 8 ? key.slice(-4) : ''
  return key.slice(0, key.length - shown.length).replaceAll(/[^-]/g, '*') + shown
}
