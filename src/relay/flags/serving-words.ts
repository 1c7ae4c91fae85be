import { isJsonObject } from '../../model/json.ts'
import { attributeWords } from './clause-words.ts'
import { name, type Sentence, sentence, value } from './sentence.ts'

/** Shares of a rollout that are written out; the others are counted. */
const MAX_SHARES = 20

/** Returns the variation that a flag serves: `variation 1 (true)`. */
export function variationWords(variations: unknown, index: unknown): Sentence {
  if (!Array.isArray(variations) || !Number.isInteger(index) || !(Number(index) in variations))
    return sentence`variation ${name(index)}, which does not exist`
  return sentence`variation ${String(index)} (${value(variations[Number(index)])})`
}

/** Returns what a rule or the default rule serves: a variation, or a rollout with its percentages. */
export function servingWords(variations: unknown, serving: unknown): Sentence {
  if (!isJsonObject(serving)) return ['nothing, because it has neither a variation nor a rollout']
  const { variation, rollout } = serving
  if (variation !== undefined && variation !== null) return variationWords(variations, variation)
  return rolloutWords(variations, rollout)
}

function rolloutWords(variations: unknown, rollout: unknown): Sentence {
  if (!isJsonObject(rollout) || !Array.isArray(rollout.variations) || rollout.variations.length === 0)
    return ['nothing, because it has neither a variation nor a rollout']
  const isExperiment = rollout.kind === 'experiment'
  const all: readonly unknown[] = rollout.variations
  const shares = all.slice(0, MAX_SHARES).flatMap((share, index) => {
    const words = shareWords(variations, share)
    const isOutside = isExperiment && isJsonObject(share) && share.untracked
    return sentence`${index === 0 ? '' : ', '}${words}${isOutside ? ' outside of the experiment' : ''}`
  })
  const more = all.length > MAX_SHARES ? ` and ${String(all.length - MAX_SHARES)} more` : ''
  // Experiments always split by the key.
  const attribute = isExperiment || !rollout.bucketBy ? 'key' : rollout.bucketBy
  const by = attributeWords(attribute, rollout.contextKind)
  const seed = rollout.seed ? sentence`, with seed ${name(rollout.seed)}` : []
  return sentence`${isExperiment ? 'an experiment: ' : ''}${shares}${more}, split by ${by}${seed}`
}

function shareWords(variations: unknown, share: unknown): Sentence {
  if (!isJsonObject(share)) return ['a malformed share']
  return sentence`${percentage(share.weight)} ${variationWords(variations, share.variation)}`
}

/** Returns a weight in thousandths of a percent as a percentage, for example `12.5%`. */
export function percentage(weight: unknown): string {
  return typeof weight === 'number' && Number.isFinite(weight) ? `${weight / 1_000}%` : 'the rest'
}
