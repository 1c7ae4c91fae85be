import { type Outcome, simulate } from './simulate.ts'

/** How much of the story is told; what led to a violation stands near its end. */
const LAST_LINES = 60

/** A failed seed as people need it: what broke, how to see it again, and what happened before. */
export async function report({ seed, failure }: Outcome): Promise<string> {
  const again = await simulate(seed, { trace: 'kept' })
  const lines = again.trace
    .slice(-LAST_LINES)
    .map((line) => (line.length > 400 ? `${line.slice(0, 400)}…` : line))
  const doubt = again.failure === failure ? '' : `\nNOT REPEATABLE: the second time it was ${again.failure}`
  return `seed ${seed}: ${failure}${doubt}\nreplay: npm run simulate -- --seed ${seed}\n${lines.join('\n')}`
}
