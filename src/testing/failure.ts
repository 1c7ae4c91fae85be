import type { Directive } from '../model/source-result.ts'

/** A failure that a scripted origin can simulate. `fail` creates the values. */
export type Failure =
  | { readonly type: 'not' }
  | { readonly type: 'status'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly type: 'body'; readonly body: string; readonly contentType: string }
  | { readonly type: 'unreachable' }
  | { readonly type: 'hang' }
  | { readonly type: 'cutAt'; readonly bytes: number }
  | { readonly type: 'slow'; readonly delayMs: number; readonly pieceBytes: number }
  | { readonly type: 'goodbye'; readonly reason: string; readonly directive?: Required<Directive> }
  | { readonly type: 'directive'; readonly directive: Directive }

/** The failures of the given types. */
export type FailureOf<T extends Failure['type']> = Extract<Failure, { readonly type: T }>

/** A failure that can affect an open stream. */
export type Interruption = FailureOf<'hang' | 'cutAt' | 'goodbye'>

/**
 * Creates failures of a scripted origin.
 *
 * @example
 * ```ts
 * origin.stream.next(fail.status(503), fail.cutAt(120))
 * ```
 */
export const fail = {
  /** Returns a correct answer, for use in the middle of a script. */
  not(): FailureOf<'not'> {
    return { type: 'not' }
  },

  /** Answers with this status, without a body. For example, 401 and 403 retire a source. Default headers: none. */
  status(status: number, headers: Readonly<Record<string, string>> = {}): FailureOf<'status'> {
    return { type: 'status', status, headers }
  },

  /** Answers 200 with the given body, for example the page of a captive portal. Default content type: `text/html`. */
  body(body: string, contentType = 'text/html'): FailureOf<'body'> {
    return { type: 'body', body, contentType }
  },

  /** Makes the connection fail before an answer, as if no server listened. */
  unreachable(): FailureOf<'unreachable'> {
    return { type: 'unreachable' }
  },

  /** Accepts the request and never answers. An open stream stays open and sends no more bytes. */
  hang(): FailureOf<'hang'> {
    return { type: 'hang' }
  },

  /** Sends a full payload, whatever the basis, and breaks the connection after this number of bytes, or at its end. */
  cutAt(bytes: number): FailureOf<'cutAt'> {
    return { type: 'cutAt', bytes }
  },

  /** Answers correctly, in pieces with a delay before each, in milliseconds. Default size of a piece: 64 bytes. */
  slow(delayMs: number, { pieceBytes = 64 }: { readonly pieceBytes?: number } = {}): FailureOf<'slow'> {
    return { type: 'slow', delayMs, pieceBytes: Math.max(1, pieceBytes) }
  },

  /** Sends a goodbye instead of data, with a directive if one is given, and ends. On FDv1 paths it only ends. */
  goodbye(reason = 'rebalancing', directive?: Required<Directive>): FailureOf<'goodbye'> {
    return { type: 'goodbye', reason, ...(directive && { directive }) }
  },

  /** Answers correctly, with headers that order FDv1. Without `ttlSeconds` the client chooses the duration. */
  directive(directive: Directive = {}): FailureOf<'directive'> {
    return { type: 'directive', directive }
  },
} as const
