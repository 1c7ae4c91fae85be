import { literal, matchAt, readAtom, translateClass } from './pattern-characters.ts'

/** One test of a text. A pattern matches if all of its conditions hold. */
export interface Condition {
  readonly source: string
  readonly isNegated: boolean
}

/** The longest pattern, in characters, and the largest after expansion of counted repetitions, in instructions. */
const MAX_SIZE = 20_000
const MAX_COUNT = 1_000
/**
 * The beginning of the text, written as two alternatives: re2js then uses its DFA, which tests faster than its one-pass
 * engine.
 */
const START = '(?:^|\\A)'
const NO_LINE_END = '[^\\n\\r\\x{2028}\\x{2029}]'
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y
const ASSERTION = /[$^]|\\b/iy
const OPENING = /\((?:\?(?::|([=!])|(<[=!]|[a-z-])|<[^>]*>))?/y

interface OpenGroup {
  readonly kind: 'group' | 'lookahead' | 'negative lookahead'
  readonly source: string
  readonly size: number
}

/**
 * Translates a JavaScript regular expression without flags to RE2, for tests that only need to know whether it matches:
 * groups do not capture, and lazy quantifiers become greedy. The text must be passed through `separateSurrogates`.
 *
 * @throws {@link SyntaxError} if the pattern is invalid in JavaScript or if RE2 cannot express it. The message is a reason.
 */
export function translatePattern(pattern: string): readonly Condition[] {
  if (pattern.length > MAX_SIZE) throw new SyntaxError(`it is longer than ${MAX_SIZE} characters`)
  // Throws if the pattern is invalid in JavaScript, because it may have another meaning in RE2. It is never executed.
  RegExp(pattern)
  return new Translator(pattern).translate()
}

class Translator {
  readonly #pattern: string
  readonly #lookaheads: Condition[] = []
  readonly #open: OpenGroup[] = []
  #at = 0
  #source = ''
  #size = 0
  /** The size, in instructions, that a quantifier would repeat here; undefined after a lookahead. */
  #repeatable: number | undefined

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  translate(): readonly Condition[] {
    while (this.#at < this.#pattern.length) {
      this.#step()
      if (this.#size > MAX_SIZE) throw new SyntaxError('its counted repetitions are too large')
    }
    return [{ source: this.#source, isNegated: false }, ...this.#lookaheads]
  }

  #step(): void {
    const quantifier = matchAt(QUANTIFIER, this.#pattern, this.#at)
    const character = this.#pattern.charAt(this.#at)
    const assertion = matchAt(ASSERTION, this.#pattern, this.#at)?.[0]
    if (quantifier) this.#repeat(quantifier)
    else if (character === '(') this.#begin()
    else if (character === ')') this.#end()
    else if (character === '|') this.#alternative()
    else if (character === '[') this.#class()
    else if (character === '.') this.#put(NO_LINE_END, 1)
    else if (assertion !== undefined) this.#put(assertion === '^' ? START : assertion, assertion.length)
    else this.#atom()
  }

  #put(source: string, length: number): void {
    this.#source += source
    this.#at += length
    // A character or class counts as one instruction, and a long class as more.
    this.#repeatable = Math.ceil(length / 16)
    this.#size += this.#repeatable
  }

  #class(): void {
    const { source, length } = translateClass(this.#pattern, this.#at)
    this.#put(source, length)
  }

  #atom(): void {
    const atom = readAtom(this.#pattern, this.#at)
    this.#put(atom.type === 'unit' ? literal(atom.unit) : `[${atom.members}]`, atom.length)
  }

  #repeat([text, sign, least = '', comma, most = '']: RegExpExecArray): void {
    if (this.#repeatable === undefined) throw new SyntaxError('it repeats a lookahead')
    this.#at += text.length
    if (sign !== undefined) {
      this.#source += sign
      return
    }
    const low = Number(least)
    const high = most === '' ? low : Number(most)
    if (high > MAX_COUNT) throw new SyntaxError(`it repeats more than ${MAX_COUNT} times`)
    this.#source += `{${low}${comma}${most === '' ? '' : high}}`
    this.#size += this.#repeatable * Math.max(high - 1, 0)
    // A quantifier cannot follow another quantifier.
    this.#repeatable = 0
  }

  #alternative(): void {
    if (this.#lookaheads.length > 0 && this.#open.length === 0) {
      throw new SyntaxError('it has a lookahead in one of several alternatives')
    }
    this.#put('|', 1)
  }

  #begin(): void {
    const [text = '', ahead, unsupported] = matchAt(OPENING, this.#pattern, this.#at) ?? []
    if (unsupported !== undefined) throw new SyntaxError(`it has ${text}, which is not supported`)
    if (ahead !== undefined && (this.#open.length > 0 || this.#source !== START)) {
      throw new SyntaxError('it has a lookahead that is not right after ^')
    }
    const kind = ahead === undefined ? 'group' : ahead === '=' ? 'lookahead' : 'negative lookahead'
    this.#open.push({ kind, source: this.#source, size: this.#size })
    this.#source = ''
    this.#size = 0
    this.#at += text.length
  }

  #end(): void {
    const { kind, source, size } = this.#open.pop() as OpenGroup
    const group = `(?:${this.#source})`
    this.#at++
    this.#size++
    this.#repeatable = kind === 'group' ? this.#size : undefined
    this.#size += size
    this.#source = kind === 'group' ? source + group : source
    // A lookahead right after ^ applies to the whole text, so it is a separate condition.
    if (kind !== 'group') {
      this.#lookaheads.push({ source: START + group, isNegated: kind === 'negative lookahead' })
    }
  }
}
