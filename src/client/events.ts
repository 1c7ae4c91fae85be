import type { DataSourceStatus } from '../model/status.ts'

/** What a client emits; the first four as the official Node.js SDK does. What happened before is not told again. */
export interface ClientEvents {
  /** There is data to serve. Told once; whoever comes later asks `waitForInitialization`. */
  readonly ready: () => void
  /** There will be none: no source is left that could bring it (`NoSourceLeft`). */
  readonly failed: (error: Error) => void
  /** A source failed (`SourceFailure`); the client goes on. Never told of an evaluation. */
  readonly error: (error: Error) => void
  /** A flag changed, or one that it depends on. Once for each key. */
  readonly update: (change: { readonly key: string }) => void
  /** The same for one flag. */
  readonly [key: `update:${string}`]: (change: { readonly key: string }) => void
  /** The flow of data changed. */
  readonly status: (status: DataSourceStatus) => void
}
