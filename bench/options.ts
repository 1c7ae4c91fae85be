import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Fewer sizes, repeats and changes: under a minute, and as trustworthy as that. */
  readonly quick: boolean
  readonly only: 'init' | 'deltas' | undefined
}

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
  })
  const { quick, only } = values
  if (only !== undefined && only !== 'init' && only !== 'deltas') {
    throw new Error('usage: npm run bench -- [--quick] [--only init|deltas]')
  }
  return { quick, only }
}
