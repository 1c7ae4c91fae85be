/** The number of seeds of every test run; together a quarter of a million evaluations. */
const SEEDS = 600

/** The seeds to run: `7`, or `1-5000` for a longer run; undefined for the default ones. */
const chosen = process.env.HALYARD_DIFFERENTIAL_SEEDS

/** True if only selected seeds run, so that counts of the whole do not apply. */
export const isChosen: boolean = chosen !== undefined

/** Returns the chosen seeds, or those from 1 to `count` if none are chosen. */
export function chosenSeeds(count: number = SEEDS): readonly number[] {
  const text = chosen ?? `1-${count}`
  const [first, last = first] = text.split('-').map(Number)
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last))
    throw new Error(`HALYARD_DIFFERENTIAL_SEEDS is neither a number nor a range of two: ${text}`)
  const from = first as number
  return Array.from({ length: (last as number) - from + 1 }, (_, i) => from + i)
}
