import type { Random } from '../../support/random.ts'
import type { Environment, Scenario } from './make-environment.ts'

const JUNK: readonly unknown[] = [null, 'a', '', 5, -1, 0.5, true, false, {}, [], [null], { a: 1 }]
/** Values that are not contexts. */
const NO_CONTEXTS: readonly unknown[] = [
  'user',
  5,
  true,
  10n,
  Symbol('user'),
  (): string => 'user',
  new Date(0),
  new Map(),
]

/** Returns the scenario with one value of every item replaced by junk, at any depth. */
export function withJunk(random: Random, { environment, keys, contexts }: Scenario): Scenario {
  const spoil = (items: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
    new Map([...items].map(([key, text]) => [key, random.chance(0.5) ? text : spoilt(random, text)]))
  const spoiltEnvironment: Environment = {
    flags: spoil(environment.flags),
    segments: spoil(environment.segments),
  }
  return { environment: spoiltEnvironment, keys, contexts: [...contexts.slice(0, 12), ...NO_CONTEXTS] }
}

/** Returns JSON text with one value replaced by junk. */
function spoilt(random: Random, text: string): string {
  const root = JSON.parse(text) as object
  const places = placesIn(root)
  const [holder, name] = random.pick(places)
  Reflect.set(holder, name, random.pick(JUNK))
  return JSON.stringify(root)
}

function placesIn(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(
    ([name, member]) => [[value, name], ...placesIn(member)] as [object, string][],
  )
}
