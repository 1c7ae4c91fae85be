/** Every duration of a data system, milliseconds. The defaults are the rules of docs/spec/sources.md. */
export interface Timings {
  /** Longest wait without progress before the first data of a turn, where there is an alternative (D4). */
  readonly noProgressMs: number
  /** Longest wait for the first data of a turn, progress or not, where there is an alternative (D4). */
  readonly firstDataMs: number
  /** Longest time from the first interruption to new data, where there is an alternative (D4). */
  readonly interruptedMs: number
  /** How long a stand-in must serve before the preferred source is tried again (D5). */
  readonly recoveryMs: number
  /** Default and minimum of the poll interval (D2, D10). */
  readonly pollIntervalMs: number
  /** Longest silence of a poll before it is given up. */
  readonly pollSilenceMs: number
  /** Longest wait of a stream for the headers of an answer, connecting included, before it is given up (S151). */
  readonly streamHeadersMs: number
  /** Longest silence of a stream, comments included, before it is given up (D23). */
  readonly streamSilenceMs: number
  /** Longest silence of a stream before a poll asks whether it missed anything (D23). */
  readonly streamQuietMs: number
  /** How long an event of a stream may take from its first byte to its last (D23). */
  readonly eventMs: number
  /** Default of the first reconnect delay (D10). */
  readonly initialReconnectDelayMs: number
  /** Shortest time from one reading of a whole database to the next that nobody asked for. */
  readonly storeIntervalMs: number
}

export const DEFAULT_TIMINGS: Timings = {
  noProgressMs: 10_000,
  firstDataMs: 120_000,
  interruptedMs: 60_000,
  recoveryMs: 300_000,
  pollIntervalMs: 30_000,
  pollSilenceMs: 10_000,
  streamHeadersMs: 15_000,
  streamSilenceMs: 300_000,
  streamQuietMs: 200_000,
  eventMs: 60_000,
  initialReconnectDelayMs: 1_000,
  storeIntervalMs: 5_000,
}
