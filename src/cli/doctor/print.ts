import { VERSION } from '../../config/request-headers.ts'
import { counted, printable } from '../../model/text.ts'
import { asJson } from '../inspect/format.ts'
import { wrapped } from '../lines.ts'
import type { Style } from '../style.ts'
import { type CheckResult, TITLES, type Verdict } from './checks.ts'

const STYLES: Readonly<Record<Verdict, keyof Style>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim',
}

const WIDTH = 80
const SIGN_WIDTH = 9
const TITLE_WIDTH = 10

/**
 * Returns the lines of a result: verdict, title and what was seen, and below them the remedy. Results of checks that are skipped for the
 * same reason share a line.
 */
export function describeResults(results: readonly CheckResult[], style: Style): string {
  const [first, ...others] = results
  if (!first) return ''
  const { verdict, remedy } = first
  const sign = style[STYLES[verdict]](verdict.padEnd(SIGN_WIDTH))
  const [begin = '', ...rest] = others.length === 0 ? columnsOf(first) : sharedLines(results)
  const indent = ' '.repeat(SIGN_WIDTH)
  return [sign + begin, ...rest.map((line) => indent + line), ...describeRemedy(remedy)].join('\n')
}

function columnsOf({ id, seen, durationMs }: CheckResult): readonly string[] {
  // A space at which the text is not wrapped.
  const time = durationMs === undefined ? '' : ` (${durationMs}\u{a0}ms)`
  const lines = wrapped(textOf(seen) + time, WIDTH - SIGN_WIDTH - TITLE_WIDTH)
  return lines.map((line, index) => {
    const title = index === 0 ? TITLES[id] : ''
    return title.padEnd(TITLE_WIDTH) + line.replaceAll('\u{a0}', ' ')
  })
}

function sharedLines(results: readonly CheckResult[]): readonly string[] {
  const titles = results.map(({ id }) => TITLES[id]).join(', ')
  return wrapped(`${titles}: ${textOf(results[0]?.seen ?? '')}`, WIDTH - SIGN_WIDTH)
}

function textOf(seen: string): string {
  return printable(seen).replaceAll('\n', ' ')
}

function describeRemedy(remedy: string | undefined): string[] {
  if (remedy === undefined) return []
  const indent = ' '.repeat(SIGN_WIDTH)
  const lines = wrapped(printable(remedy), WIDTH - SIGN_WIDTH - 2)
  return lines.map((line, index) => `${indent}${index === 0 ? '→' : ' '} ${line}`)
}

const ORDER: readonly Verdict[] = ['failed', 'warning', 'skipped', 'ok']

/** Returns the number of checks with each verdict, for example `1 failed, 2 skipped, 9 ok`. */
export function describeTotals(results: readonly CheckResult[]): string {
  const counts = ORDER.map((verdict) => [verdict, countOf(results, verdict)] as const)
  const named = counts.filter(([, count]) => count > 0)
  return named
    .map(([verdict, count]) => (verdict === 'warning' ? counted(count, verdict) : `${count} ${verdict}`))
    .join(', ')
}

export function countOf(results: readonly CheckResult[], verdict: Verdict): number {
  return results.filter((each) => each.verdict === verdict).length
}

/** Returns all results as one document. New versions may add members and checks, but never change or remove any. */
export function resultsAsJson(results: readonly CheckResult[]): string {
  const counts = Object.fromEntries(ORDER.map((verdict) => [verdict, countOf(results, verdict)]))
  const document = asJson({
    halyard: VERSION,
    verdict: ORDER.find((verdict) => verdict !== 'skipped' && countOf(results, verdict) > 0) ?? 'ok',
    counts,
    checks: results.map(({ id, subject, verdict, seen, remedy, durationMs, facts }) => ({
      id,
      subject,
      verdict,
      seen,
      remedy,
      durationMs,
      facts,
    })),
  })
  return printable(document)
}
