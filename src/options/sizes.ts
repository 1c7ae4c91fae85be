import { count, type Form } from './value-forms.ts'

const SIZE = /^(\d{1,15})(B|[KMGT]i?B)?$/i
const UNITS = ['B', 'K', 'M', 'G', 'T']

/** A size in bytes. Units are powers of 1,024 with and without the `i`, as in LaunchDarkly's Relay Proxy. */
export const size: Form<number> = {
  expected: 'a size of at least one byte, such as 16MiB, 512KiB or 1000',
  type: 'number',
  isNumber: true,
  unit: 'bytes',
  read(value) {
    const bytes = typeof value === 'string' ? bytesOf(value) : value
    return Number.isSafeInteger(bytes) && (bytes as number) > 0 ? (bytes as number) : undefined
  },
}

export const positiveCount: Form<number> = {
  ...count,
  expected: 'a whole number of at least 1',
  read: (value) => count.read(value) || undefined,
}

function bytesOf(text: string): number {
  const [, digits, unit = 'B'] = SIZE.exec(text) ?? []
  return Number(digits) * 1_024 ** UNITS.indexOf(unit.charAt(0).toUpperCase())
}
