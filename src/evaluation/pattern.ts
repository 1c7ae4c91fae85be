import { createRequire } from 'node:module'
import { separateSurrogates } from './pattern-characters.ts'
import { type Condition, translatePattern } from './pattern-translation.ts'

/**
 * What trying one pattern on one text may cost, in instructions of the compiled pattern times characters: up to a second
 * for the worst patterns known.
 */
const MAX_COST = 20_000_000

/** A pattern ready to be tried, or why it never matches. */
type Compiled =
  | { readonly type: 'ready'; readonly conditions: readonly Ready[]; readonly instructions: number }
  | { readonly type: 'refused'; readonly reason: string }

interface Ready {
  readonly regex: Regex
  readonly isNegated: boolean
}

type Regex = ReturnType<typeof import('re2js')['RE2JS']['compile']>

/**
 * Whether a text contains a match of a regular expression of JavaScript, in time linear in its length. A pattern that is
 * refused, and one that would take too long on so long a text, does not match. The pattern is compiled when first tried.
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  let compiled: Compiled | undefined
  return (text) => {
    compiled ??= compile(pattern)
    if (compiled.type === 'refused' || compiled.instructions * text.length > MAX_COST) return false
    const input = separateSurrogates(text)
    for (const { regex, isNegated } of compiled.conditions) if (regex.test(input) === isNegated) return false
    return true
  }
}

/** Why a pattern never matches, as the end of "the pattern is refused because"; undefined when it is fine. */
export function refusal(pattern: string): string | undefined {
  const compiled = compile(pattern)
  return compiled.type === 'refused' ? compiled.reason : undefined
}

function compile(pattern: string): Compiled {
  try {
    const conditions = translatePattern(pattern).map(ready)
    return {
      type: 'ready',
      conditions,
      instructions: conditions.reduce((sum, { regex }) => sum + regex.programSize(), 0),
    }
  } catch (error) {
    return { type: 'refused', reason: (error as Error).message }
  }
}

function ready({ source, isNegated }: Condition): Ready {
  return { regex: re2().compile(source), isNegated }
}

/** Loaded when the first pattern is tried: a process whose flags have none does not pay for it. */
function re2(): typeof import('re2js')['RE2JS'] {
  return (createRequire(import.meta.url)('re2js') as typeof import('re2js')).RE2JS
}
