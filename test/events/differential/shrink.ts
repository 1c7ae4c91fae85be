import { compareEvents, type EventDifference } from './compare.ts'
import type { Session } from './session.ts'
import type { Sink } from './sink.ts'

/** Removes the calls of a session on which the difference does not depend, and returns a description of what remains. */
export async function describeDifference(session: Session, sink: Sink): Promise<string> {
  let smallest = session
  for (const call of session.calls) {
    const calls = smallest.calls.filter((each) => each !== call)
    const fewer = { ...smallest, calls }
    if ((await compareEvents(fewer, sink)).difference) smallest = fewer
  }
  const { difference } = await compareEvents(smallest, sink)
  return [
    `seed ${session.seed}, options ${JSON.stringify(session.options)}`,
    ...smallest.calls.map((call) => `  call: ${JSON.stringify(call)}`),
    ...flagsOf(smallest),
    ...linesOf(difference),
    `replay: HALYARD_DIFFERENTIAL_SEEDS=${session.seed} npx vitest run test/events/differential.test.ts`,
  ].join('\n')
}

function flagsOf({ calls, environment }: Session): readonly string[] {
  const keys = new Set(calls.map((call) => ('key' in call ? call.key : undefined)))
  return [...environment.flags].filter(([key]) => keys.has(key)).map(([, text]) => `  flag: ${text}`)
}

function linesOf(difference: EventDifference | undefined): readonly string[] {
  if (difference === undefined) return ['  the difference does not occur again']
  return [
    `  the official SDK: ${JSON.stringify(difference.official)}`,
    `  ours:             ${JSON.stringify(difference.ours)}`,
  ]
}
