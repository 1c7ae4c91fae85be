import type { FlagRule } from '../../src/model/flag.ts'
import type { TestFlag } from '../../src/testing/index.ts'

/** Whom the targeted flags are about. */
export const TARGET = '5c3d8535-f81a-4478-a6d3-afaa4d51199e'
export const INSIDER_EMAIL = 'ballmer@macrosoft.com'
export const PICTURES = { showImages: true, title: 'Check out these pics!', imagesPerPage: 100 }

const insiders: FlagRule = {
  id: 'insiders',
  variation: 0,
  clauses: [{ attribute: 'email', op: 'in', values: [INSIDER_EMAIL] }],
}

/**
 * The flags that the scenarios of OpenFeature's specification suppose, as LaunchDarkly would say them. What it calls
 * the default variant is the last variation here, served by the fallthrough.
 */
export const FLAGS: readonly TestFlag[] = [
  flag('boolean-flag', [false, true]),
  flag('string-flag', ['bye', 'hi']),
  flag('integer-flag', [1, 10]),
  flag('float-flag', [0.1, 0.5]),
  flag('object-flag', [{}, PICTURES]),
  flag('boolean-zero-flag', [true, false]),
  flag('string-zero-flag', ['hi', '']),
  flag('integer-zero-flag', [1, 0]),
  flag('object-zero-flag', [PICTURES, {}]),
  flag('large-integer-flag', [1, 2_147_483_647]),
  flag('huge-integer-flag', [1, Number.MAX_SAFE_INTEGER]),
  flag('list-flag', [['a', 'b']]),
  flag('wrong-flag', ['uno', 'due']),
  { ...flag('disabled-boolean-flag', [false, true]), on: false },
  { ...flag('disabled-string-flag', ['bye', 'hi']), on: false },
  { ...flag('switched-off-flag', ['on', 'off']), on: false, offVariation: 1 },
  {
    ...flag('targeting-key-flag', ['hit', 'miss']),
    targets: [{ variation: 0, values: [TARGET] }],
  },
  { ...flag('boolean-targeted-zero-flag', [false, true]), rules: [insiders] },
  { ...flag('string-targeted-zero-flag', ['', 'hi']), rules: [insiders] },
  { ...flag('integer-targeted-zero-flag', [0, 1]), rules: [insiders] },
  { ...flag('object-targeted-zero-flag', [{}, { a: 1 }]), rules: [insiders] },
  {
    ...flag('context-aware', ['INTERNAL', 'EXTERNAL']),
    rules: [
      {
        id: 'staff',
        variation: 0,
        clauses: [
          { attribute: 'fn', op: 'in', values: ['Sulisław'] },
          { attribute: 'ln', op: 'in', values: ['Świętopełk'] },
          { attribute: 'age', op: 'in', values: [29] },
          { attribute: 'customer', op: 'in', values: [false] },
        ],
      },
    ],
  },
  {
    ...flag('acme-only', ['Acme', 'others']),
    rules: [
      {
        id: 'acme',
        variation: 0,
        clauses: [{ contextKind: 'organization', attribute: 'key', op: 'in', values: ['acme'] }],
      },
    ],
  },
  {
    ...flag('since-the-nineties', ['veteran', 'newcomer']),
    rules: [
      {
        id: 'veterans',
        variation: 0,
        clauses: [{ attribute: 'joined', op: 'before', values: ['2000-01-01T00:00:00Z'] }],
      },
    ],
  },
  {
    ...flag('needs-another', ['with', 'without']),
    offVariation: 1,
    prerequisites: [{ key: 'boolean-flag', variation: 0 }],
  },
  { ...flag('malformed-flag', ['a']), fallthrough: { variation: 9 } },
]

/** On, and everybody gets the last variation. */
export function flag(key: string, variations: readonly unknown[]): TestFlag {
  return { key, on: true, variations, fallthrough: { variation: variations.length - 1 }, salt: key }
}
