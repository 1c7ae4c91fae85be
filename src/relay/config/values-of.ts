import type { Findings } from './findings.ts'
import type { Options } from './option.ts'
import type { Section } from './sections.ts'

/** The values of a section in the form everybody else uses. What has the wrong form is refused, and absent. */
export function valuesOf<V>(
  options: Options<V>,
  section: Section | undefined,
  findings: Findings,
): Partial<V> {
  const values: Partial<V> = {}
  for (const [name, setting] of section?.settings ?? []) {
    const key = name as keyof V
    const { form } = options[key]
    const value = form.read(setting.value)
    if (value === undefined) findings.refuseValue(setting, form)
    else values[key] = value
  }
  return values
}
