/** The kinds of object a data system holds. Anything else on the wire is skipped. */
export const KINDS = ['flag', 'segment'] as const

export type Kind = (typeof KINDS)[number]

export function isKind(value: unknown): value is Kind {
  return value === 'flag' || value === 'segment'
}
