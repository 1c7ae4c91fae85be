/** Environments tried in every run of the tests; together a quarter of a million evaluations. */
const SEEDS = 600

/** Which seeds to try: `7`, or `1-5000` for a longer walk; undefined for the usual ones. */
const chosen = process.env.HALYARD_DIFFERENTIAL_SEEDS

/** Whether somebody looks at certain seeds only, from which nothing follows for the whole. */
export const isChosen: boolean = chosen !== undefined

export function chosenSeeds(text: string = chosen ?? `1-${SEEDS}`): readonly number[] {
  const [first, last = first] = text.split('-').map(Number)
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last))
    throw new Error(`HALYARD_DIFFERENTIAL_SEEDS is neither a number nor a range of two: ${text}`)
  const from = first as number
  return Array.from({ length: (last as number) - from + 1 }, (_, i) => from + i)
}
