import type { ConfigIssue } from '../../model/errors.ts'
import type { Form } from './forms.ts'
import type { Setting } from './sections.ts'

/** What is wrong or doubtful about a configuration. No value that could be a secret gets in. */
export class Findings {
  readonly issues: ConfigIssue[] = []
  readonly warnings: string[] = []

  refuse(path: string, expected: string, received: string): void {
    this.issues.push({ path, expected, received })
  }

  /** A value of the wrong form. */
  refuseValue({ place, value }: Setting, form: Form<unknown>): void {
    this.refuse(
      place,
      form.explain?.(value) ?? form.expected,
      form.describe?.(value) ?? describe(value, form),
    )
  }

  warn(warning: string): void {
    this.warnings.push(warning)
  }
}

/** Short numbers, with a unit maybe: what is written most where a duration or a port is expected. */
const NUMERIC = /^[+-]?[\d.]{1,6}[a-zµ]{0,2}$/

function describe(value: unknown, { isNumber }: Form<unknown>): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') {
    if (value === '') return 'an empty text'
    return isNumber && NUMERIC.test(value) ? JSON.stringify(value) : 'another text'
  }
  const isShown = typeof value === 'number' || typeof value === 'boolean'
  return isNumber && isShown ? `${typeof value} ${value}` : `a value of type ${typeof value}`
}
