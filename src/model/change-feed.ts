/**
 * What a database tells its readers. `changed`: these keys, and no others, since the word before. `replaced`: anything
 * may differ, also said once when listening begins. `interrupted`: changes may be missed until the next `replaced`.
 */
export type StoreChange =
  | { readonly type: 'changed'; readonly flags: readonly string[]; readonly segments: readonly string[] }
  | { readonly type: 'replaced' }
  | { readonly type: 'interrupted'; readonly reason: string }

/** Tells of changes as they are written. Never throws; tries again by itself; ends when the signal aborts. */
export interface ChangeFeed {
  changes(signal: AbortSignal): AsyncIterable<StoreChange>
}
