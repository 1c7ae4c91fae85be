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

/** No number is longer than this, so none takes long to read. */
const LONGEST_TEXT = 64
const WHOLE = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const PART = /([\d.]+)(\D+)/g

/**
 * Reads a duration as Go does: `30s`, `1m30s`, `500ms`, `1.5h`, `-1s`. A number needs its unit, except for 0. Answers whole
 * milliseconds, or `undefined` for anything else.
 */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0
  const [, sign, parts] = (text.length <= LONGEST_TEXT && WHOLE.exec(text)) || []
  if (parts === undefined) return undefined
  const terms = [...parts.matchAll(PART)].map(
    ([, number, unit]) => Number(number) * (MS.get(unit as string) as number),
  )
  const ms = terms.reduce((sum, term) => sum + term, 0)
  return sign === '-' && ms > 0 ? -Math.ceil(ms) : Math.round(ms)
}
