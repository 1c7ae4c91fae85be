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

/** Returns the lines of one result: verdict, title and what was seen, and below them the remedy. */
export function describeResult({ id, verdict, seen, remedy, durationMs }: CheckResult, style: Style): string {
  const time = durationMs === undefined || verdict === 'skipped' ? '' : ` (${durationMs} ms)`
  const indent = ' '.repeat(SIGN_WIDTH + TITLE_WIDTH)
  const lines = wrapped(printable(seen).replaceAll('\n', ' ') + time, WIDTH - indent.length)
  const [first = '', ...rest] = lines
  const head = `${style[STYLES[verdict]](verdict.padEnd(SIGN_WIDTH))}${TITLES[id].padEnd(TITLE_WIDTH)}${first}`
  return [head, ...rest.map((line) => indent + line), ...describeRemedy(remedy)].join('\n')
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
  return asJson({
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
}
