import { isDeepStrictEqual } from 'node:util'
import type { ComparedParams, ComparedSingleParams } from './command-request.ts'

type Reference = ComparedSingleParams['privateAttributes'][number]

/** Returns whether two contexts are equal, in any order. */
export function compareContexts(pair: {
  readonly context1: ComparedParams
  readonly context2: ComparedParams
}): { readonly equals: boolean } {
  return { equals: isDeepStrictEqual(partsOf(pair.context1), partsOf(pair.context2)) }
}

/** Returns the parts by kind, so that a multi-kind context with one part equals the part. */
function partsOf({ single, multi }: ComparedParams): ReadonlyMap<string, object> {
  return new Map((single ? [single] : multi).map((part) => [part.kind, meaningOf(part)]))
}

function meaningOf({ key, attributes, privateAttributes }: ComparedSingleParams): object {
  const given = attributes.filter(({ value }) => value !== null && value !== undefined)
  return {
    key,
    attributes: new Map(given.map(({ name, value }) => [name, value])),
    privateAttributes: new Set(privateAttributes.map(pointerTo)),
  }
}

/** Returns the form in which every attribute reference can be written. */
function pointerTo({ value, literal }: Reference): string {
  if (!literal && value.startsWith('/')) return value
  return `/${value.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
