import { describeReceived, type IssueCollector } from './issues.ts'
import type { Option, OptionSection, Section, Setting } from './option-table.ts'
import { boolean, type Form } from './value-forms.ts'

/**
 * Returns the values of a section by the paths of their options, with defaults. Reports values of the wrong form, and settings
 * that have no effect because another option is not set.
 */
export function readValues<V extends object>(
  { options }: OptionSection,
  section: Section | undefined,
  collector: IssueCollector,
): V {
  const settings = section?.settings ?? new Map<string, Setting>()
  const values: Record<string, unknown> = {}
  for (const option of options) {
    if (option.path !== undefined && option.default !== undefined)
      setMember(values, option.path, option.default)
  }
  // In the order of the settings, so that errors have the order of the file.
  for (const [name, setting] of settings) {
    const option = options.find((each) => each.name === name)
    const value = option && readSetting(option, setting, collector)
    if (option?.path !== undefined && value !== undefined) setMember(values, option.path, value)
  }
  warnOfMissingNeeds(options, settings, collector)
  return values as V
}

function readSetting({ form, zero }: Option, { value, place }: Setting, collector: IssueCollector): unknown {
  const read = form.read(value)
  if (read === undefined) {
    const expected = form.explain?.(value) ?? form.expected
    collector.refuse(place, expected, form.describe?.(value) ?? describe(value, form))
  }
  return read === 0 ? (zero ?? 0) : read
}

function warnOfMissingNeeds(
  options: readonly Option[],
  settings: ReadonlyMap<string, Setting>,
  collector: IssueCollector,
): void {
  for (const { name, needs } of options) {
    const setting = needs && settings.get(name)
    if (!setting) continue
    const needed = settings.get(needs.option)
    const isSwitch = options.find((each) => each.name === needs.option)?.form === boolean
    if (!needed || (isSwitch && boolean.read(needed.value) === false))
      collector.warn(`${setting.place} has no effect: ${needs.otherwise}`)
  }
}

/** Sets a member by its path. Members of groups have a path with one dot, for example `history.maxSteps`. */
function setMember(values: Record<string, unknown>, path: string, value: unknown): void {
  const [group = '', member] = path.split('.')
  if (member === undefined) values[group] = value
  else values[group] = { ...(values[group] as object | undefined), [member]: value }
}

/** A short number with or without a unit, as it is often written for a duration or a port. */
const NUMERIC = /^[+-]?[\d.]{1,6}[a-zµ]{0,2}$/

function describe(value: unknown, { isNumber }: Form<unknown>): string {
  if (value === '') return 'an empty string'
  if (isNumber && typeof value === 'string' && NUMERIC.test(value)) return JSON.stringify(value)
  // A number or boolean in place of a text may be a secret.
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  return !isNumber && isScalar ? `a ${typeof value} (value hidden)` : describeReceived(value)
}
