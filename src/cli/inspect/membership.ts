import { bigSegmentHash } from '../../big-segments/big-segments.ts'
import { printable } from '../../model/text.ts'
import { asJson, quoted, table } from './format.ts'
import {
  type InspectedPlace,
  placeOf,
  type ReadStoreOptions,
  withBigSegments,
  withTarget,
} from './read-store.ts'

/** The big segments that list a context key. */
export interface MembershipInspection extends InspectedPlace {
  readonly contextKey: string
  /** The name of the context in the store. */
  readonly hash: string
  /** References of the segments that include the context, for example `beta.g4`. */
  readonly included: readonly string[]
  readonly excluded: readonly string[]
}

/** Reads the big segments that list a context key. Rejects with an {@link InspectionError}. */
export function readMembership(contextKey: string, options: ReadStoreOptions): Promise<MembershipInspection> {
  return withTarget(options, async (store, target, signal) => {
    const hash = bigSegmentHash(contextKey)
    const membership = await withBigSegments(target, options.clock, (members) =>
      members.membership(hash, signal),
    )
    if (!membership) throw new Error(`${store.name}: this kind of store has no big segments`)
    const listed = (wanted: 'included' | 'excluded'): string[] =>
      [...membership]
        .flatMap(([reference, value]) => (value === (wanted === 'included') ? [reference] : []))
        .sort()
    return {
      ...placeOf(store, target),
      contextKey,
      hash,
      included: listed('included'),
      excluded: listed('excluded'),
    }
  })
}

/** Returns a table of the segments; `undefined` if no segment lists the context. */
export function describeMembership({ included, excluded }: MembershipInspection): string | undefined {
  const lines = [
    ...included.map((reference) => ['included in', quoted(reference)]),
    ...excluded.map((reference) => ['excluded from', quoted(reference)]),
  ]
  return lines.length === 0 ? undefined : table(lines).map(printable).join('\n')
}

export function membershipAsJson({ name, ...facts }: MembershipInspection): string {
  return asJson({ store: name, ...facts })
}
