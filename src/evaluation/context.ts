/** One entity a flag is evaluated for. Attributes beside the named ones may hold any JSON value. */
export interface SingleKindContext {
  /** Letters, digits, `.`, `_` and `-`; not `kind` and not `multi`. */
  readonly kind: string
  /** Identifies the entity within its kind; not empty. */
  readonly key: string
  readonly name?: string
  readonly anonymous?: boolean
  readonly _meta?: ContextMeta
  readonly [attribute: string]: any
}

/** Several entities at once, at most one of each kind: each member but `kind` is named by its kind. */
export interface MultiKindContext {
  readonly kind: 'multi'
  readonly [kind: string]: 'multi' | ContextWithoutKind
}

/** A part of a context of several kinds. */
export interface ContextWithoutKind {
  readonly key: string
  readonly name?: string
  readonly anonymous?: boolean
  readonly _meta?: ContextMeta
  readonly [attribute: string]: any
}

/** Read by those who send contexts elsewhere; evaluation never looks at it. */
export interface ContextMeta {
  /** Attributes that must not leave the process. */
  readonly privateAttributes?: readonly string[]
}

/** The old form, without a kind: a context of kind `user`. */
export interface LegacyUser {
  readonly key: string
  readonly secondary?: string
  readonly name?: string
  readonly anonymous?: boolean
  readonly custom?: { readonly [attribute: string]: any }
  readonly privateAttributeNames?: readonly string[]
  readonly [attribute: string]: any
}

/** Whom a flag is evaluated for. */
export type Context = SingleKindContext | MultiKindContext | LegacyUser
