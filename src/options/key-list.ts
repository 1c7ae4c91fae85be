import { credential, type Form } from './value-forms.ts'

/** A key that is valid in addition to the main one of its kind. */
export interface FurtherKey {
  /** The key. It is a secret. */
  readonly value: string
  /** Time at which the key expires, in milliseconds since the Unix epoch. Default: never. */
  readonly until?: number
}

const EXAMPLE = '2026-12-31T12:00:00Z'

/** Keys with their end dates. A file has one per line, a variable separates them by commas, a program passes {@link FurtherKey}s. */
export const keyList: Form<readonly FurtherKey[]> = {
  expected: `keys, each as KEY or "KEY until ${EXAMPLE}"`,
  type: 'readonly FurtherKey[]',
  read(value) {
    const keys = readKeys(value)
    return typeof keys === 'string' ? undefined : keys
  },
  describe(value) {
    const keys = readKeys(value)
    return typeof keys === 'string' ? keys : undefined
  },
}

/** Returns the keys, or the fault of the first wrong one, without its value. */
function readKeys(value: unknown): readonly FurtherKey[] | string {
  const list: readonly unknown[] = (Array.isArray(value) ? value : [value]).flatMap((item: unknown) =>
    typeof item === 'string' ? item.split(',').map((text) => text.trim()) : [item],
  )
  const keys: FurtherKey[] = []
  for (const [index, item] of list.entries()) {
    const key = readKey(item)
    if (typeof key === 'string') return `as key ${index + 1} ${key}`
    keys.push(key)
  }
  return keys
}

function readKey(item: unknown): FurtherKey | string {
  const { value, until } = typeof item === 'string' ? parts(item) : ((item ?? {}) as Record<string, unknown>)
  if (typeof item === 'string' && value === undefined)
    return `a text that is neither KEY nor "KEY until ${EXAMPLE}" (value hidden)`
  const key = credential.read(value)
  if (key === undefined)
    return 'a value without printable characters, or with spaces or line breaks (value hidden)'
  if (until === undefined) return { value: key }
  const time = typeof until === 'string' ? parseTime(until) : until
  return typeof time === 'number' && Number.isFinite(time)
    ? { value: key, until: time }
    : `an end date that is not a time with a time zone, such as ${EXAMPLE}`
}

function parts(text: string): { readonly value?: string | undefined; readonly until?: string | undefined } {
  return /^(?<value>\S+)(?:\s+until\s+(?<until>\S+))?$/i.exec(text)?.groups ?? {}
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/i

/** Returns the milliseconds since the Unix epoch; `undefined` for a date that does not exist, or without a time zone. */
function parseTime(text: string): number | undefined {
  const [, year, month, day] = (TIME.exec(text) ?? []).map(Number)
  // The platform reads February 30 as March 2.
  const exists = day === new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate()
  const time = Date.parse(text)
  return exists && !Number.isNaN(time) ? time : undefined
}
