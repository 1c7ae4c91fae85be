import { RE2JS } from 're2js'
import { separateSurrogates } from './pattern-characters.ts'
import { type Condition, translatePattern } from './pattern-translation.ts'

/**
 * What trying one pattern on one text may cost, in instructions of the compiled pattern times characters: up to a second
 * for the worst patterns known.
 */
const MAX_COST = 20_000_000

/** A pattern that never matches, whatever the text. */
export interface Refusal {
  readonly pattern: string
  /** Ends "the pattern is refused:". Speaks of the pattern alone. */
  readonly reason: string
}

/** A pattern ready to be tried, or why there is none. */
export type Compiled =
  | { readonly type: 'ready'; readonly matches: (text: string) => boolean }
  | { readonly type: 'refused'; readonly refusal: Refusal }

interface Ready {
  readonly regex: Regex
  readonly isNegated: boolean
}

type Regex = ReturnType<typeof RE2JS.compile>

/**
 * Compiles a regular expression of JavaScript, to be looked for anywhere in a text, in time linear in its length. One
 * that would take too long on so long a text does not match. Costs enough to be done when there is something to try.
 */
export function compilePattern(pattern: string): Compiled {
  try {
    const conditions = translatePattern(pattern).map(ready)
    return { type: 'ready', matches: matcherOf(conditions) }
  } catch (error) {
    // The pattern, which JavaScript repeats before its reason, is told beside it.
    const reason = (error as Error).message.replace(/^Invalid regular expression: .*: /s, '')
    return { type: 'refused', refusal: { pattern, reason } }
  }
}

function matcherOf(conditions: readonly Ready[]): (text: string) => boolean {
  const instructions = conditions.reduce((sum, { regex }) => sum + regex.programSize(), 0)
  return (text) => {
    if (instructions * text.length > MAX_COST) return false
    const input = separateSurrogates(text)
    for (const { regex, isNegated } of conditions) if (regex.test(input) === isNegated) return false
    return true
  }
}

function ready({ source, isNegated }: Condition): Ready {
  return { regex: RE2JS.compile(source), isNegated }
}
