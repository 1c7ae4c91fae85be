import type { Question } from './question.ts'

/** The intended differences from the official SDK. Generated scenarios avoid them. */
export interface Difference {
  readonly name: string
  readonly why: string
  readonly example: Question
}

type Members = { readonly [name: string]: unknown }

const user = { kind: 'user', key: 'a', name: 'aa' }
const on = { key: 'f', version: 1, on: true, variations: ['x', 'y'], salt: '', fallthrough: { variation: 0 } }

/** Returns a question about a flag `f`, which by default is on and serves `x`. */
function about(flag: Members, context: unknown = user, segments: readonly Members[] = []): Question {
  return {
    environment: {
      flags: new Map([['f', JSON.stringify({ ...on, ...flag })]]),
      segments: new Map(
        segments.map((segment) => [String(segment.name ?? segment.key), JSON.stringify(segment)]),
      ),
    },
    key: 'f',
    context,
  }
}

const asking = (...clauses: readonly Members[]): Members => ({ rules: [{ variation: 1, clauses }] })

export const DIFFERENCES: readonly Difference[] = [
  {
    name: 'a regular expression with a reference back',
    why: 'Our engine takes linear time whatever the text, and refuses what cannot be had in it.',
    example: about(asking({ attribute: 'name', op: 'matches', values: ['(a)\\1'] })),
  },
  {
    name: 'an operator named like a member of Object.prototype',
    why: 'The official SDK calls that member; to us the operator is unknown.',
    example: about(asking({ attribute: 'name', op: 'toString', values: ['b'] })),
  },
  {
    name: 'an operator that is no text',
    why: 'To the official SDK it is an unknown operator, which a negation makes true; to us the flag is malformed.',
    example: about(asking({ attribute: 'name', op: 5, values: ['a'], negate: true })),
  },
  {
    name: 'an attribute of a kind named like a member of Object.prototype',
    why: 'The official SDK finds the member in the place of a part of the context; to us there is no such part.',
    example: about(
      asking({ attribute: 'anonymous', contextKind: 'constructor', op: 'in', values: [false] }),
      { kind: 'multi', user: { key: 'a' }, org: { key: 'b' } },
    ),
  },
  {
    name: 'a context of several kinds, one of them named __proto__',
    why: 'The official SDK does not count it among the kinds; we do.',
    example: about(
      asking({ attribute: 'kind', op: 'in', values: ['__proto__'] }),
      JSON.parse('{"kind":"multi","user":{"key":"a"},"org":{"key":"c"},"__proto__":{"key":"b"}}'),
    ),
  },
  {
    name: 'a prerequisite without a key',
    why: 'The official SDK says that the prerequisite without a name failed; to us the flag is malformed.',
    example: about({ prerequisites: [{ variation: 0 }] }),
  },
  {
    name: 'the id of a rule that is no text',
    why: 'The official SDK repeats it in the reason as it is; we leave it out.',
    example: about({ rules: [{ id: 5, variation: 1, clauses: [] }] }),
  },
  {
    name: 'an index that is no whole number',
    why: 'The official SDK answers with an undefined value; to us the flag is malformed.',
    example: about({ fallthrough: { variation: 0.5 } }),
  },
  {
    name: 'an object in the place of a list',
    why: 'The official SDK passes over some and throws at others; to us the flag is malformed, where it is looked at.',
    example: about({ prerequisites: {} }),
  },
  {
    name: 'data the official SDK throws at',
    why: 'It throws for the whole flag; to us the part is malformed, and no matter where it is not looked at.',
    example: about({ on: false, offVariation: 0, rules: [null] }),
  },
  {
    name: 'segments that do not say their own key',
    why: 'The official SDK takes two of them for one, and so for a circle; we know them by the key they are stored under.',
    example: about(asking({ op: 'segmentMatch', values: ['s'] }), user, [
      { name: 's', rules: [{ clauses: [{ op: 'segmentMatch', values: ['t'] }] }] },
      { name: 't', included: ['a'] },
    ]),
  },
  {
    name: 'a second key named like a member of Object.prototype, in big segments of two kinds',
    why: 'The official SDK takes that member for the membership and queries nothing; we query it.',
    example: about(
      asking({ op: 'segmentMatch', values: ['s0', 's2'] }),
      { kind: 'multi', user: { key: 'a' }, org: { key: 'constructor' } },
      [
        { key: 's0', unbounded: true, generation: 1 },
        { key: 's2', unbounded: true, generation: 1, unboundedContextKind: 'org' },
      ],
    ),
  },
]
