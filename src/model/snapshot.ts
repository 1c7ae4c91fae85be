import type { Selector } from '../selector/selector.ts'
import type { Item } from './change-set.ts'

/** Everything held at one moment; never changes. Maps keep the order of arrival. */
export interface Snapshot {
  readonly flags: ReadonlyMap<string, Item>
  readonly segments: ReadonlyMap<string, Item>
  readonly selector: Selector | undefined
}
