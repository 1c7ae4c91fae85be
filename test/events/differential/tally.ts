import type { SentEvent } from './sink.ts'

/** Cases that the default seeds must contain, because a case that never occurs proves nothing. */
const CASES: Readonly<Record<string, RegExp>> = {
  'an index event': /^\{"kind":"index"/,
  'an identify event': /^\{"kind":"identify"/,
  'a custom event with data and metric': /^\{"kind":"custom".*"data":.*"metricValue":/,
  'a feature event': /^\{"kind":"feature"/,
  'a debug event': /^\{"kind":"debug"/,
  'a sampled feature event': /^\{"kind":"feature".*"samplingRatio":/,
  'a sampled debug event': /^\{"kind":"debug".*"samplingRatio":/,
  'an event of a prerequisite': /"prereqOf":/,
  'an experiment': /^\{"kind":"feature".*"inExperiment":true/,
  'an event without a reason': /^\{"kind":"feature"(?!.*"reason":)/,
  'a wrong type': /"errorKind":"WRONG_TYPE"/,
  'a malformed flag': /"errorKind":"MALFORMED_FLAG"/,
  'an unknown flag': /"unknown":true/,
  'a context of several kinds': /"kind":"multi"/,
  'redacted attributes': /"redactedAttributes":/,
  'a redacted path': /"redactedAttributes":\[[^\]]*"\/address\/city"/,
  'an anonymous context in a feature event': /^\{"kind":"feature".*"anonymous":true/,
  'an anonymous context in a debug event': /^\{"kind":"debug".*"anonymous":true/,
}

/** Counts the cases that occurred. */
export class EventTally {
  readonly #counts = new Map(Object.keys(CASES).map((name) => [name, 0]))

  count(events: readonly SentEvent[]): void {
    for (const { kind, ...members } of events) {
      const text = JSON.stringify({ kind, ...members })
      for (const [name, pattern] of Object.entries(CASES))
        if (pattern.test(text)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    }
  }

  /** Returns the cases that occurred fewer times than this. */
  rarerThan(minimum: number): readonly string[] {
    return [...this.#counts]
      .filter(([, count]) => count < minimum)
      .map(([name, count]) => `${name}: ${count}`)
  }
}
