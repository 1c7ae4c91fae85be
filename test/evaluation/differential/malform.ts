import type { Random } from '../../support/random.ts'
import type { Draft } from './make-clause.ts'

type Malformation = (random: Random, item: Draft) => void

const set =
  (name: string, values: readonly unknown[]): Malformation =>
  (random, item) => {
    item[name] = random.pick(values)
  }

const TRUTHY_OR_NOT = [1, 0, 'false', '', {}, null] as const
const NO_INDEX = ['0', '1', true, {}, [], '', 'a'] as const
const NO_CHOICE = [
  {},
  [],
  'a',
  5,
  true,
  null,
  { rollout: {} },
  { rollout: 'a' },
  { rollout: { variations: {} } },
] as const

/** Malformations of a flag for which the official SDK does not throw. */
const OF_FLAGS: readonly Malformation[] = [
  set('on', TRUTHY_OR_NOT),
  set('offVariation', NO_INDEX),
  set('fallthrough', NO_CHOICE),
  set('fallthrough', [{ variation: '0' }, { variation: true }, { variation: {} }, { variation: [] }]),
  set('variations', [[]]),
  set('salt', [5, true, {}]),
  set('prerequisites', [[{ key: 'f1' }], [{ key: 'f1', variation: '0' }], [{ key: 'f2', variation: null }]]),
  set('targets', [
    [{ variation: '0', values: ['a'] }],
    [{ values: ['a', 'b', 'c'] }],
    [{ variation: 0, values: [1, null] }],
  ]),
  set('contextTargets', [
    [{ contextKind: 'org', values: ['a', 'b', 'c'] }],
    [{ contextKind: 5, variation: 0, values: ['a'] }],
  ]),
  set('rules', [[{}], [{ clauses: [] }], [{ clauses: [], variation: '0' }], [{ clauses: [], rollout: 5 }]]),
  set('rules', [
    [{ variation: 0, clauses: [{ op: 'in', values: ['a'] }] }],
    [{ variation: 0, clauses: [{ attribute: 'key', values: ['a'] }] }],
  ]),
  set('rules', [
    [{ variation: 0, clauses: [{ op: 'segmentMatch', values: [null, 5, {}, 's0'] }] }],
    [{ variation: 0, clauses: [{ op: 'segmentMatch' }] }],
  ]),
  set('fallthrough', [
    { rollout: { variations: [{}] } },
    { rollout: { variations: [{ variation: 0 }, { variation: 1, weight: 100_000 }] } },
    {
      rollout: {
        variations: [
          { variation: 0, weight: 50_000 },
          { variation: 1, weight: 'a' },
        ],
      },
    },
  ]),
  set('fallthrough', [
    { rollout: { variations: [{ variation: 0, weight: 100_000 }], seed: 'a' } },
    { rollout: { variations: [{ variation: '0', weight: 100_000 }] } },
  ]),
]

const MATCHING = { op: 'startsWith', attribute: 'name', values: ['a', 'b', 'A'] }

/** Malformations of a segment for which the official SDK does not throw. */
const OF_SEGMENTS: readonly Malformation[] = [
  set('salt', [5, true, {}]),
  set('unbounded', [0, '', null]),
  set('included', [[1, null, 'a', {}], []]),
  set('excluded', [[1, null, 'a', {}], []]),
  set('includedContexts', [
    [{ contextKind: 5, values: ['a'] }],
    [{ contextKind: null, values: ['a', 5, null] }],
  ]),
  set('excludedContexts', [
    [{ contextKind: {}, values: ['a'] }],
    [{ contextKind: 'org', values: [['a'], 'b'] }],
  ]),
  set('rules', [[{}], [{ clauses: [] }], [{ weight: 100_000 }], []]),
  set('rules', [
    [{ clauses: [MATCHING], weight: 'a' }],
    [{ clauses: [MATCHING], weight: {} }],
    [{ clauses: [MATCHING], weight: -1 }],
    [{ clauses: [MATCHING], weight: 50_000, rolloutContextKind: 5 }],
  ]),
]

/** Applies one malformation to a flag. */
export function malformFlag(random: Random, flag: Draft): void {
  random.pick(OF_FLAGS)(random, flag)
}

/** Applies one malformation to a segment. */
export function malformSegment(random: Random, segment: Draft): void {
  random.pick(OF_SEGMENTS)(random, segment)
}
