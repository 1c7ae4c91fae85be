const MS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** Limits the time that the regular expression takes. */
const MAX_LENGTH = 64
const WHOLE = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const PART = /([\d.]+)(\D+)/g

/**
 * Parses a duration as Go does: `30s`, `1m30s`, `500ms`, `1.5h` or `-1s`. Every number except 0 needs a unit. Returns whole
 * milliseconds, or `undefined` for any other text.
 */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0
  const [, sign, parts] = (text.length <= MAX_LENGTH && WHOLE.exec(text)) || []
  if (parts === undefined) return undefined
  const terms = [...parts.matchAll(PART)].map(
    ([, number, unit]) => Number(number) * (MS.get(unit as string) as number),
  )
  const ms = terms.reduce((sum, term) => sum + term, 0)
  return sign === '-' && ms > 0 ? -Math.ceil(ms) : Math.round(ms)
}
