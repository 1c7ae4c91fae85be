import type { HttpHeaders } from '../../transport/transport.ts'

/**
 * Returns the time for which a shared cache may use an answer without asking again, in milliseconds, or undefined if it may
 * not store the answer. An answer without these headers must be confirmed each time.
 */
export function sharedLifetimeOf({ 'cache-control': control = '', age }: HttpHeaders): number | undefined {
  const directives = new Map(control.toLowerCase().split(',').map(directiveOf))
  if (directives.has('no-store') || directives.has('private')) return undefined
  if (directives.has('no-cache')) return 0
  const maxAge = secondsOf(directives.get('s-maxage') ?? directives.get('max-age'))
  return Math.max(0, maxAge - secondsOf(age)) * 1_000
}

function directiveOf(text: string): readonly [name: string, value: string] {
  const [name = '', value = ''] = text.split('=')
  return [name.trim(), value.trim()]
}

function secondsOf(text = ''): number {
  const digits = /^"?(\d{1,9})"?$/.exec(text)?.[1]
  return digits === undefined ? 0 : Number(digits)
}
