import type { Directive } from '../model/source-result.ts'

/** What a path of a scripted origin does with a request. */
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

/** The failures of these types. */
export type Of<T extends Failure['type']> = Extract<Failure, { readonly type: T }>

/** What can happen to a stream that is open. */
export type Interruption = Of<'hang' | 'cutAt' | 'goodbye'>

/** How a scripted origin fails: `origin.stream.next(fail.status(503), fail.cutAt(120))`. */
export const fail = {
  /** Does not fail: the place of a good answer in a script. */
  not(): Of<'not'> {
    return { type: 'not' }
  },

  /** Answers this status without a body; 401 and 403 retire the source for a while. */
  status(status: number, headers: Readonly<Record<string, string>> = {}): Of<'status'> {
    return { type: 'status', status, headers }
  },

  /** Answers 200 with a body of yours, such as the page of a captive portal. Content type by default `text/html`. */
  body(body: string, contentType = 'text/html'): Of<'body'> {
    return { type: 'body', body, contentType }
  },

  /** Is not there: the connection fails before an answer. */
  unreachable(): Of<'unreachable'> {
    return { type: 'unreachable' }
  },

  /** Takes the request and never answers; an open stream says nothing more. */
  hang(): Of<'hang'> {
    return { type: 'hang' }
  },

  /** Sends everything, whatever the basis, and breaks the connection after this many bytes of it, or at its end. */
  cutAt(bytes: number): Of<'cutAt'> {
    return { type: 'cutAt', bytes }
  },

  /** Answers as it should, in pieces, each `delayMs` milliseconds after the one before. Pieces of 64 bytes by default. */
  slow(delayMs: number, { pieceBytes = 64 }: { readonly pieceBytes?: number } = {}): Of<'slow'> {
    return { type: 'slow', delayMs, pieceBytes: Math.max(1, pieceBytes) }
  },

  /** Says goodbye instead of data, and ends; with a directive, orders FDv1 in the same word. FDv1 itself only ends. */
  goodbye(reason = 'rebalancing', directive?: Required<Directive>): Of<'goodbye'> {
    return { type: 'goodbye', reason, ...(directive && { directive }) }
  },

  /** Answers as it should, with headers that order FDv1; without `ttlSeconds` for as long as clients think best. */
  directive(directive: Directive = {}): Of<'directive'> {
    return { type: 'directive', directive }
  },
} as const
