/** What is wrong at a place: what should be there, and what is. Repeats nothing of the text. */
export interface Complaint {
  readonly expected: string
  readonly received: string
}

const WORD = /[A-Za-z0-9_-]*/y
const SPECIAL = /["\\;#\n]/g
const SPECIAL_IN_QUOTES = /["\\\n]/g
const ESCAPES: ReadonlyMap<string | undefined, string> = new Map([
  ['\\', '\\'],
  ['"', '"'],
  ['n', '\n'],
  ['t', '\t'],
])

/** Walks through a text, never back. */
export class IniScanner {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  /** Counts from 1. */
  get line(): number {
    return this.#line
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** Whether nothing but a comment is left of the line. */
  get isAtLineEnd(): boolean {
    return this.isAtEnd || '\n;#'.includes(this.#text[this.#at] as string)
  }

  skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1
  }

  skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end + 1
    this.#line += 1
  }

  /** Whether this character was next; it is behind us then. */
  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  /** The word that is next; empty where there is none. */
  word(): string {
    WORD.lastIndex = this.#at
    const [word] = WORD.exec(this.#text) as RegExpExecArray
    this.#at += word.length
    return word
  }

  /** A value up to the end of the line or a comment: blanks around it go, what is in quotes stays as it is. */
  value(): string | Complaint {
    let kept = ''
    let pending = ''
    for (;;) {
      pending += this.#until(SPECIAL)
      if (this.take('"')) {
        const quoted = this.quoted()
        if (typeof quoted === 'object') return quoted
        kept += pending + quoted
        pending = ''
      } else if (this.#text[this.#at] === '\\') {
        const complaint = this.#skipLineBreak()
        if (complaint) return complaint
      } else {
        const character = this.#text[this.#at]
        if ((character === '#' || character === ';') && /[^ \t]$/.test(pending)) {
          // It would begin a comment and cut a password in silence.
          return {
            expected: `a value with ${character} in double quotes, or a space before a comment`,
            received: `${character} without a space before it`,
          }
        }
        return kept + withoutBlanksAtEnd(pending)
      }
    }
  }

  /** What is in quotes, the first of which is behind us. */
  quoted(): string | Complaint {
    let text = ''
    for (;;) {
      text += this.#until(SPECIAL_IN_QUOTES)
      const character = this.#text[this.#at]
      if (character === undefined || character === '\n') {
        return { expected: 'a closing quote on the same line', received: 'the end of the line' }
      }
      this.#at += 1
      if (character === '"') return text
      const meant = ESCAPES.get(this.#text[this.#at])
      if (meant === undefined) {
        return { expected: 'after \\ in quotes: \\, ", n or t', received: 'something else' }
      }
      text += meant
      this.#at += 1
    }
  }

  #until(special: RegExp): string {
    const from = this.#at
    special.lastIndex = from
    this.#at = special.exec(this.#text)?.index ?? this.#text.length
    return this.#text.slice(from, this.#at)
  }

  /** A backslash that ends its line joins the next one to it. */
  #skipLineBreak(): Complaint | undefined {
    if (this.#text[this.#at + 1] !== '\n') {
      return { expected: '\\ at the end of a line, or doubled and in quotes', received: 'one elsewhere' }
    }
    this.#at += 2
    this.#line += 1
    return undefined
  }
}

/** By hand: a pattern that is tied to the end takes time in the square of the blanks. */
function withoutBlanksAtEnd(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end -= 1
  return text.slice(0, end)
}
