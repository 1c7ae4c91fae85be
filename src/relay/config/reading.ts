import type { ConfigIssue } from '../../model/errors.ts'
import type { Sections } from './sections.ts'

/** What a reader understood, and what is wrong with the rest. */
export interface Reading {
  readonly sections: Sections
  readonly issues: readonly ConfigIssue[]
  readonly warnings: readonly string[]
}
