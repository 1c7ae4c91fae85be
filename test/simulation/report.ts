import { type Outcome, simulate } from './simulate.ts'

/** Number of lines of the trace in a report. The cause of a violation is near its end. */
const LAST_LINES = 60

/** Returns the report of a failed seed: the violated invariant, the command that replays it, and the end of its trace. */
export async function report({ seed, failure }: Outcome): Promise<string> {
  const again = await simulate(seed, { trace: 'kept' })
  const lines = again.trace
    .slice(-LAST_LINES)
    .map((line) => (line.length > 400 ? `${line.slice(0, 400)}…` : line))
  const doubt = again.failure === failure ? '' : `\nNOT REPEATABLE: the second time it was ${again.failure}`
  return `seed ${seed}: ${failure}${doubt}\nreplay: npm run simulate -- --seed ${seed}\n${lines.join('\n')}`
}
