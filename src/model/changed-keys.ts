/** Keys whose value differs from what readers saw before; of flags, also those reached through others. */
export interface ChangedKeys {
  readonly flags: ReadonlySet<string>
  readonly segments: ReadonlySet<string>
}
