import type { Form } from './forms.ts'

/** One option by its three names; the third, in a file, is its key in a table. */
export interface Option<T> {
  readonly form: Form<T>
  /** Of environments: what stands before their name. */
  readonly variable: string
  /** Where it is in an object of options, of environments in one of them. Absent: it follows from something else there. */
  readonly path?: string
  /** May be said several times in a file; all of them count. */
  readonly isList?: true
}

/** The options of a section that have these values. */
export type Options<V> = { readonly [K in keyof V]-?: Option<V[K]> }
