import type { Random } from '../../support/random.ts'
import { type Draft, ofKind } from './make-clause.ts'
import { DOUBTFUL_REFERENCES, REFERENCES } from './words.ts'

/** Makes a variation or a rollout. */
export function makeChoice(random: Random, variations: number): Draft {
  if (random.chance(0.55)) return { variation: index(random, variations) }
  if (random.chance(0.02)) return {}
  const rollout = makeRollout(random, variations)
  return random.chance(0.05) ? { variation: null, rollout } : { rollout }
}

/** Makes an index, usually of an existing variation. */
export function index(random: Random, variations: number): number {
  return random.chance(0.97) ? random.int(0, variations - 1) : random.pick([-1, variations, 99])
}

function makeRollout(random: Random, variations: number): Draft {
  const rollout: Draft = { variations: shares(random, variations), ...ofKind(random, 0.6) }
  if (random.chance(0.5)) rollout.kind = random.pick(['experiment', 'experiment', 'rollout', 'other', null])
  if (random.chance(0.4)) rollout.seed = random.pick([61, 61, 1, 2 ** 31, 0, null, -5, 1.5])
  if (random.chance(0.4)) rollout.bucketBy = makeBucketBy(random)
  return rollout
}

/** Makes the attribute to bucket by. Integers are valid too. */
export function makeBucketBy(random: Random): unknown {
  if (random.chance(0.15)) return random.pick<unknown>([...DOUBTFUL_REFERENCES, null, ''])
  return random.pick(['age', 'age', '/address/zip/code', ...REFERENCES])
}

const WEIGHTS = [0, 1, 100, 20_000, 33_333, 50_000, 60_000, 100_000] as const

/** Makes weights that sum to 100,000, to less or to more, or no weights. */
function shares(random: Random, variations: number): unknown {
  if (random.chance(0.03)) return random.pick<unknown>([[], null])
  const count = random.int(1, 4)
  const weights = Array.from({ length: count }, () => random.pick(WEIGHTS))
  return weights.map((weight) => {
    const share: Draft = { variation: index(random, variations), weight }
    if (random.chance(0.25)) share.untracked = random.pick([true, true, false, null])
    return share
  })
}
