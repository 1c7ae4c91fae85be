import { literal, matchAt, readAtom, translateClass } from './pattern-characters.ts'

/** One test of a text. A pattern matches when each of its conditions says what it should. */
export interface Condition {
  /** In the syntax of RE2. */
  readonly source: string
  /** The text must not match. */
  readonly isNegated: boolean
}

/** In characters, and again in instructions once every counted repetition is written out. */
const MAX_SIZE = 20_000
/** What RE2 repeats at most. */
const MAX_COUNT = 1_000
/** Two ways to begin keep re2js on its automaton: for a mere test several times as fast as its one-pass engine. */
const START = '(?:^|\\A)'
const NO_LINE_END = '[^\\n\\r\\x{2028}\\x{2029}]'
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y
const ASSERTION = /[$^]|\\b/iy
const OPENING = /\((?:\?(?::|([=!])|(<[=!]|[a-z-])|<[^>]*>))?/y

/** A parenthesis that is not closed yet. */
interface Open {
  readonly kind: 'group' | 'lookahead' | 'negative lookahead'
  /** What stands before it. */
  readonly source: string
  readonly size: number
}

/**
 * A regular expression of JavaScript, without flags, in the words of RE2, where only whether it matches is of interest:
 * groups capture nothing, and lazy is as good as greedy. Throws with a reason what RE2 has no words for, and what is wrong
 * in JavaScript. To be tried on texts whose surrogates are separated.
 */
export function translatePattern(pattern: string): readonly Condition[] {
  if (pattern.length > MAX_SIZE) throw new SyntaxError(`it is longer than ${MAX_SIZE} characters`)
  // Only compiled, never tried: what is wrong in JavaScript shall not mean something in RE2.
  RegExp(pattern)
  return new Translator(pattern).translate()
}

/** Reads a pattern that is known to be good from left to right. */
class Translator {
  readonly #pattern: string
  readonly #lookaheads: Condition[] = []
  readonly #open: Open[] = []
  #at = 0
  #source = ''
  #size = 0
  /** What a quantifier here would repeat; a lookahead has none. */
  #repeatable: number | undefined

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  translate(): readonly Condition[] {
    while (this.#at < this.#pattern.length) {
      this.#step()
      if (this.#size > MAX_SIZE) throw new SyntaxError('its repetitions are too many')
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
    else if (character === '|') this.#either()
    else if (character === '[') this.#class()
    else if (character === '.') this.#put(NO_LINE_END, 1)
    else if (assertion !== undefined) this.#put(assertion === '^' ? START : assertion, assertion.length)
    else this.#atom()
  }

  #put(source: string, length: number): void {
    this.#source += source
    this.#at += length
    // One instruction for each character or class, though a long class makes a heavy one.
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
    // What was repeated is not repeated again without a group around it.
    this.#repeatable = 0
  }

  #either(): void {
    if (this.#lookaheads.length > 0 && this.#open.length === 0) {
      throw new SyntaxError('it has a lookahead in one of several alternatives')
    }
    this.#put('|', 1)
  }

  #begin(): void {
    const [text = '', ahead, unfit] = matchAt(OPENING, this.#pattern, this.#at) ?? []
    if (unfit !== undefined) throw new SyntaxError(`it has ${text}, which is not supported`)
    if (ahead !== undefined && (this.#open.length > 0 || this.#source !== START)) {
      throw new SyntaxError('it has a lookahead elsewhere than right after ^')
    }
    const kind = ahead === undefined ? 'group' : ahead === '=' ? 'lookahead' : 'negative lookahead'
    this.#open.push({ kind, source: this.#source, size: this.#size })
    this.#source = ''
    this.#size = 0
    this.#at += text.length
  }

  #end(): void {
    const { kind, source, size } = this.#open.pop() as Open
    const group = `(?:${this.#source})`
    this.#at++
    this.#size++
    this.#repeatable = kind === 'group' ? this.#size : undefined
    this.#size += size
    this.#source = kind === 'group' ? source + group : source
    // Right after ^ a lookahead looks at the whole text: it is a pattern of its own.
    if (kind !== 'group') {
      this.#lookaheads.push({ source: START + group, isNegated: kind === 'negative lookahead' })
    }
  }
}
