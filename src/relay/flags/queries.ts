import type { ItemKind } from '../../model/change-set.ts'
import { counted } from '../../model/text.ts'
import type { ItemFilter } from './item-index.ts'
import type { PageRange } from './rows.ts'

/** A query that cannot be answered. The message names the parameter. */
export interface BadQuery {
  readonly type: 'bad'
  readonly message: string
}

export interface ListQuery {
  readonly type: 'list'
  readonly environment: string
  readonly filter: ItemFilter
  readonly range: PageRange
}

export interface ItemQuery {
  readonly type: 'item'
  readonly environment: string
  readonly kind: ItemKind
  readonly key: string
}

/** The most rows of one answer. */
export const MAX_ROWS = 100
const DEFAULT_ROWS = 50
const MAX_SEARCH_LENGTH = 200

const KINDS: readonly ItemKind[] = ['flag', 'segment']
const STATES = ['on', 'off'] as const
const SORTS = ['key', 'changed', 'used'] as const
const TYPES: Readonly<Record<ItemKind, readonly string[]>> = {
  flag: ['boolean', 'string', 'number', 'JSON', 'mixed', 'none'],
  segment: ['segment', 'big'],
}

class BadParameter extends Error {}

/** Reads the parameters of a list. Names are exact; an unknown parameter is an error, because a mistyped filter would select all. */
export function readListQuery(query: string): ListQuery | BadQuery {
  return read(
    query,
    ['environment', 'kind', 'search', 'type', 'state', 'sort', 'offset', 'limit'],
    (values) => {
      const kind = oneOf(values, 'kind', KINDS) ?? 'flag'
      const type = oneOf(values, 'type', TYPES[kind])
      const state = oneOf(values, 'state', STATES)
      const search = values.get('search') ?? ''
      if (search.length > MAX_SEARCH_LENGTH)
        throw new BadParameter(`search is longer than ${counted(MAX_SEARCH_LENGTH, 'character')}`)
      return {
        type: 'list',
        environment: required(values, 'environment'),
        filter: {
          kind,
          search,
          ...(type !== undefined && { type }),
          ...(state !== undefined && { state }),
          sort: oneOf(values, 'sort', SORTS) ?? 'key',
        },
        range: {
          offset: integer(values, 'offset', { fallback: 0, max: Number.MAX_SAFE_INTEGER }),
          limit: integer(values, 'limit', { fallback: DEFAULT_ROWS, max: MAX_ROWS }),
        },
      }
    },
  )
}

/** Reads the parameters of the details of one flag or segment. */
export function readItemQuery(query: string): ItemQuery | BadQuery {
  return read(query, ['environment', 'kind', 'key'], (values) => ({
    type: 'item',
    environment: required(values, 'environment'),
    kind: oneOf(values, 'kind', KINDS) ?? 'flag',
    key: required(values, 'key'),
  }))
}

function read<T>(
  query: string,
  names: readonly string[],
  parse: (values: URLSearchParams) => T,
): T | BadQuery {
  const values = new URLSearchParams(query)
  try {
    for (const name of new Set(values.keys())) {
      if (!names.includes(name))
        throw new BadParameter(`a parameter is unknown; known are ${names.join(', ')}`)
      if (values.getAll(name).length > 1) throw new BadParameter(`${name} is given more than once`)
    }
    return parse(values)
  } catch (error) {
    if (error instanceof BadParameter) return { type: 'bad', message: error.message }
    throw error
  }
}

function required(values: URLSearchParams, name: string): string {
  const value = values.get(name)
  if (value === null) throw new BadParameter(`${name} is missing`)
  return value
}

function oneOf<T extends string>(
  values: URLSearchParams,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = values.get(name) || undefined
  const known = allowed.find((each) => each === value)
  if (value !== undefined && known === undefined)
    throw new BadParameter(`${name} is none of ${allowed.join(', ')}`)
  return known
}

function integer(
  values: URLSearchParams,
  name: string,
  { fallback, max }: { readonly fallback: number; readonly max: number },
): number {
  const text = values.get(name) ?? String(fallback)
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= max)) throw new BadParameter(`${name} is not a whole number of at most ${max}`)
  return value
}
