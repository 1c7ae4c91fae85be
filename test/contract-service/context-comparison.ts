import { isDeepStrictEqual } from 'node:util'
import type { ComparedParams, ComparedSingleParams } from './command-request.ts'

type Reference = ComparedSingleParams['privateAttributes'][number]

/** Whether two contexts say the same, whatever the order. */
export function compareContexts(pair: {
  readonly context1: ComparedParams
  readonly context2: ComparedParams
}): { readonly equals: boolean } {
  return { equals: isDeepStrictEqual(partsOf(pair.context1), partsOf(pair.context2)) }
}

/** By kind, which makes one of several and one alone the same. */
function partsOf({ single, multi }: ComparedParams): ReadonlyMap<string, object> {
  return new Map((single ? [single] : multi).map((part) => [part.kind, meaningOf(part)]))
}

function meaningOf({ key, attributes, privateAttributes }: ComparedSingleParams): object {
  const said = attributes.filter(({ value }) => value !== null && value !== undefined)
  return {
    key,
    attributes: new Map(said.map(({ name, value }) => [name, value])),
    privateAttributes: new Set(privateAttributes.map(pointerTo)),
  }
}

/** The one form in which every reference can be written. */
function pointerTo({ value, literal }: Reference): string {
  if (!literal && value.startsWith('/')) return value
  return `/${value.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
