import type { DataSourceStatus } from '../model/status.ts'

/** What a client emits; the first four as the official Node.js SDK does. */
export interface ClientEvents {
  /** There is data to serve. */
  readonly ready: () => void
  /** There will be none: no source is left that could bring it. */
  readonly failed: (error: Error) => void
  /** A source failed; the client goes on. */
  readonly error: (error: Error) => void
  /** A flag changed, or one that it depends on. Once for each key. */
  readonly update: (change: { readonly key: string }) => void
  /** The same for one flag. */
  readonly [key: `update:${string}`]: (change: { readonly key: string }) => void
  readonly status: (status: DataSourceStatus) => void
}
