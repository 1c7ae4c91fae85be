import type { Random } from '../../support/random.ts'
import {
  DATES,
  DOUBTFUL_DATES,
  DOUBTFUL_VERSIONS,
  KEYS,
  KINDS,
  NUMBERS,
  ODD_KINDS,
  OTHER_VALUES,
  STRINGS,
  VERSIONS,
} from './words.ts'

type Draft = Record<string, unknown>

/** Makes a context of one kind, of several, in the legacy form, or an invalid one. */
export function makeContext(random: Random): unknown {
  const chance = random.next()
  if (chance < 0.33) return single(random)
  if (chance < 0.83) return multi(random)
  if (chance < 0.96) return legacy(random)
  return spoiled(random)
}

/** Parses JSON text, so that `__proto__` is an ordinary member. */
function withOddNames(random: Random, part: Draft): Draft {
  const value = JSON.stringify(random.pick(STRINGS))
  const odd = `{"__proto__":${value},"constructor":${value},"":${value}}`
  return Object.defineProperties(part, Object.getOwnPropertyDescriptors(JSON.parse(odd) as Draft))
}

function makeKey(random: Random): string {
  return random.chance(0.6) ? random.pick(KEYS) : `k${random.int(0, 9999)}`
}

function attributes(random: Random): Draft {
  const part: Draft = { key: makeKey(random) }
  const put = (name: string, probability: number, value: () => unknown): void => {
    if (random.chance(probability))
      part[name] = random.chance(0.08) ? random.pick(OTHER_VALUES) : several(random, value)
  }
  put('name', 0.9, () => random.pick(STRINGS))
  put('email', 0.9, () => random.pick(STRINGS))
  put('age', 0.9, () => random.pick(NUMBERS))
  put('version', 0.9, () => random.pick<unknown>(random.chance(0.75) ? VERSIONS : DOUBTFUL_VERSIONS))
  put('born', 0.9, () => random.pick<unknown>(random.chance(0.75) ? DATES : DOUBTFUL_DATES))
  if (random.chance(0.8)) part.groups = Array.from({ length: random.int(0, 3) }, () => random.pick(STRINGS))
  if (random.chance(0.85)) part.address = { city: random.pick(STRINGS), zip: { code: random.pick(NUMBERS) } }
  if (random.chance(0.3)) part.anonymous = random.pick([true, true, false, null, 'yes', 0])
  if (random.chance(0.6))
    Object.assign(part, {
      'a/b': random.pick(STRINGS),
      't~t': random.pick(STRINGS),
      't~1': random.pick(STRINGS),
      't/': random.pick(STRINGS),
    })
  if (random.chance(0.1)) Object.assign(part, { '/lead': 'a', '~1lead': 'b', '~0lead': 'ab', lead: 'c' })
  if (random.chance(0.1)) part._meta = { privateAttributes: ['name', '/address/city'] }
  return random.chance(0.1) ? withOddNames(random, part) : part
}

/** Makes a value, sometimes in a list. */
function several(random: Random, value: () => unknown): unknown {
  return random.chance(0.1) ? Array.from({ length: random.int(0, 3) }, value) : value()
}

function single(random: Random): Draft {
  const kind = random.chance(0.95) ? random.pick(KINDS) : random.pick(['constructor', 'a.b-c_1', '__proto__'])
  return { ...attributes(random), kind }
}

function multi(random: Random): Draft {
  const context: Draft = { kind: 'multi' }
  for (const kind of ['user', 'org', 'device', 'constructor'])
    if (random.chance(kind === 'constructor' ? 0.05 : 0.8)) context[kind] = attributes(random)
  return context
}

function legacy(random: Random): Draft {
  const { kind: _kind, name, email, anonymous, address, _meta, ...custom } = single(random)
  const user: Draft = {
    key: random.pick([custom.key, custom.key, custom.key, '', 5, true, 'a']),
    name,
    email,
  }
  if (anonymous !== undefined) user.anonymous = anonymous
  if (random.chance(0.5)) user.secondary = random.pick(STRINGS)
  if (random.chance(0.3)) Object.assign(user, { ip: 'a', country: 'b', age: 1 })
  if (random.chance(0.8)) user.custom = { ...custom, address }
  if (random.chance(0.4))
    user.custom = { ...custom, address, name: random.pick(STRINGS), email: 'other', anonymous: true }
  if (random.chance(0.1)) user.custom = random.pick<unknown>([null, 'ab', ['a'], 5, { anonymous: true }])
  if (random.chance(0.1)) user.privateAttributeNames = ['name']
  if (random.chance(0.1)) user.kind = null
  return user
}

const NOBODY: readonly unknown[] = [
  null,
  undefined,
  '',
  0,
  false,
  [],
  {},
  { kind: 5, key: 'a' },
  { kind: {} },
]

function spoiled(random: Random): unknown {
  if (random.chance(0.4)) return random.pick(NOBODY)
  const key = random.pick<unknown>(['', null, undefined, 5, {}])
  const kind = random.pick<string>(['kind', 'multi', 'a b', 'ü', '', ...ODD_KINDS])
  return random.pick<() => unknown>([
    () => ({ ...single(random), key }),
    () => ({ ...single(random), kind }),
    () => ({ ...multi(random), user: { ...attributes(random), key } }),
    () => ({ ...multi(random), [kind === 'kind' ? 'k k' : kind]: attributes(random) }),
    () => ({ ...multi(random), org: random.pick<unknown>([null, 'a', 5, [], undefined]) }),
    () => ({ ...legacy(random), key: random.pick([null, undefined]) }),
  ])()
}
