import type { FilePath } from './problems.ts'

/** The value of a text, and where its parts stand in it. */
export interface ParsedText {
  readonly value: unknown
  /** Returns the offset of a path, or of the longest part of it that is there; `undefined` if that is not known. */
  offsetOf(path: FilePath): number | undefined
}
