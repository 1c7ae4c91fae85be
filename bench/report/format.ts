import type { Aim, Cell, Form, Quantity } from './table.ts'

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function decimals(value: number): string {
  return value < 10 ? value.toFixed(1) : count(value)
}

export function ratio(value: number): string {
  return `${value < 20 ? value.toFixed(2) : count(value)}x`
}

/** Returns the text of a cell, such as `1.31x (1.25-1.40)`. */
export function textOf(cell: Cell): string {
  if (typeof cell === 'string') return cell
  const { value, form, low, high } = cell
  if (Number.isNaN(value) || value === null) return '-'
  const text = formatAs(form, value)
  if (low === undefined || high === undefined || low === high) return text
  const plain = (bound: number): string => formatAs(form, bound).replace(/x$/, '')
  return `${text} (${plain(low)}-${plain(high)})`
}

function formatAs(form: Form, value: number): string {
  switch (form) {
    case 'count':
      return count(value)
    case 'decimals':
      return decimals(value)
    case 'ratio':
      return ratio(value)
    case 'millions':
      return `${(value / 1e6).toFixed(2)} M`
    case 'percent':
      return `${value.toFixed(1)} %`
    default:
      return value.toFixed(form)
  }
}

/** Returns a number of an aim with its unit. */
export function amount(value: number, unit: Aim['unit']): string {
  if (unit === 'x') return ratio(value)
  if (unit === 'number') return Number.isInteger(value) ? count(value) : value.toFixed(2)
  return `${unit === 'files' ? count(value) : value.toFixed(1)} ${unit}`
}

/** Returns the bound of an aim, such as `at most 1.30x`. */
export function boundOf({ bound, limit, unit }: Aim): string {
  return `${bound} ${amount(limit, unit)}`
}

export function isQuantity(cell: Cell | undefined): cell is Quantity {
  return typeof cell === 'object'
}
