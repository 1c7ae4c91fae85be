/** A parsed metric family. Its series are in the order of the text, by their labels. */
export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly series: ReadonlyMap<
    string,
    { readonly labels: Readonly<Record<string, string>>; readonly value: number }
  >
}

/** The endings of the names of a histogram. Its series have them as label `part`. */
const HISTOGRAM_PARTS: ReadonlySet<unknown> = new Set(['_bucket', '_sum', '_count'])

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const HELP = new RegExp(`^# HELP (${NAME}) (.*)$`, 's')
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`)
const SERIES = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, 's')
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y
const FLOAT = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN)$/

/**
 * Parses counters, gauges and histograms in Prometheus' text format 0.0.4 strictly: each family occurs once, with HELP, then TYPE, then
 * its series, without duplicates and other lines.
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const lines = text.slice(0, -1).split('\n')
  const families = new Map<string, Family>()
  let at = 0
  const fail = (why: string): never => {
    throw new Error(`line ${at + 1}: ${why}: ${lines[at]}`)
  }
  while (at < lines.length) {
    const [, name = '', help = ''] = HELP.exec(lines[at] as string) ?? fail('no HELP')
    if (families.has(name)) fail('a family for the second time')
    if (/\\(?![\\n])/.test(help.replaceAll('\\\\', ''))) fail('a wrong escape')
    at += 1
    const [, typed, type = ''] = TYPE.exec(lines[at] ?? '') ?? fail('no TYPE')
    if (typed !== name) fail('another TYPE')
    at += 1
    const series = new Map<string, { readonly labels: Record<string, string>; readonly value: number }>()
    for (; at < lines.length && !(lines[at] as string).startsWith('#'); at += 1) {
      const [, own, inner, digits = ''] = SERIES.exec(lines[at] as string) ?? fail('no series')
      const part = own?.slice(name.length)
      if (!own?.startsWith(name)) fail('a series of another family')
      if (type === 'histogram' ? !HISTOGRAM_PARTS.has(part) : part !== '') fail('a series of another family')
      if (!FLOAT.test(digits)) fail('no number')
      const found = inner === undefined ? {} : readLabels(inner, fail)
      const labels = type === 'histogram' ? { part: String(part).slice(1), ...found } : found
      const key = Object.entries(labels)
        .map((pair) => JSON.stringify(pair))
        .toSorted((a, b) => (a < b ? -1 : 1))
        .join()
      if (series.has(key)) fail('a series for the second time')
      const value = Number(digits.replace('Inf', 'Infinity'))
      if (type === 'counter' && !(value >= 0 && name.endsWith('_total'))) fail('no counter')
      series.set(key, { labels, value })
    }
    if (series.size === 0) fail('a family without series')
    families.set(name, { name, type, help: unescaped(help), series })
  }
  return families
}

function readLabels(text: string, fail: (why: string) => never): Record<string, string> {
  const labels: [string, string][] = []
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [, name = '', value = '', end] = LABEL.exec(text) ?? fail('no label')
    if (name.startsWith('__')) fail('a reserved label')
    if (labels.some(([other]) => other === name)) fail('a label for the second time')
    labels.push([name, unescaped(value)])
    if (end === '' && LABEL.lastIndex < text.length) fail('more than labels')
  }
  return Object.fromEntries(labels)
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character))
}
