import type { Selector } from '../selector/selector.ts'
import type { AppliedChangeSet } from './change-set.ts'

/** A transaction that has become visible, and where the data stands after it. */
export interface Applied {
  readonly changeSet: AppliedChangeSet
  readonly selector: Selector | undefined
  /** What the service calls the environment, where it has said so. */
  readonly environmentId?: string
}

/** Something downstream of memory that is told of each transaction, in order: a server, a database. */
export interface Sink {
  accept(applied: Applied): void
}
