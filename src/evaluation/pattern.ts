import { RE2JS } from 're2js'
import { separateSurrogates } from './pattern-characters.ts'
import { type Condition, translatePattern } from './pattern-translation.ts'

/**
 * The highest cost of one match, in instructions of the compiled pattern times characters of the text: up to one second for
 * the slowest known patterns.
 */
const MAX_COST = 20_000_000

/** A pattern that is refused and therefore never matches. */
export interface Refusal {
  readonly pattern: string
  /** The reason as the end of a sentence that begins with `the pattern is refused:`. Does not repeat the pattern. */
  readonly reason: string
}

export type Compiled =
  | { readonly type: 'ready'; readonly matches: (text: string) => boolean }
  | { readonly type: 'refused'; readonly refusal: Refusal }

interface Ready {
  readonly regex: Regex
  readonly isNegated: boolean
}

type Regex = ReturnType<typeof RE2JS.compile>

/**
 * Compiles a JavaScript regular expression that is searched for anywhere in a text, in time linear in the length of the text.
 * A match that would exceed {@link MAX_COST} returns false. Compiling is slow, so it should be done at the first use.
 */
export function compilePattern(pattern: string): Compiled {
  try {
    const conditions = translatePattern(pattern).map(ready)
    return { type: 'ready', matches: matcherOf(conditions) }
  } catch (error) {
    // JavaScript repeats the pattern before the reason.
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
