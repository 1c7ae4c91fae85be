/** The members of JavaScript's `\s` as a character class of RE2, including the spaces of Unicode. */
const SPACE =
  '\\t-\\r\\x20\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'
const NOT_SPACE =
  '\\x00-\\x08\\x0e-\\x1f\\x21-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}' +
  '\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}'
const SETS: ReadonlyMap<string, string> = new Map([
  ['d', '\\d'],
  ['D', '\\D'],
  ['w', '\\w'],
  ['W', '\\W'],
  ['s', SPACE],
  ['S', NOT_SPACE],
])
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
])
const HEXADECIMAL = /x([\da-fA-F]{2})|u([\da-fA-F]{4})/y
const CONTROL = /c([a-zA-Z])/y
const UNSUPPORTED = /0\d|[1-9k]/y

const FIRST_SURROGATE = 0xd800
const LAST_SURROGATE = 0xdfff
/** The offset by which surrogates are moved to a range that no text uses, because RE2 has no surrogates. */
const SHIFT = 0x100000

/** The meaning of one character or escape of a pattern: a UTF-16 code unit, or the members of a class. */
type Atom =
  | { readonly type: 'unit'; readonly unit: number; readonly length: number }
  | { readonly type: 'set'; readonly members: string; readonly length: number }

/** Reads the atom at an index of a valid JavaScript pattern. Throws a `SyntaxError` if RE2 cannot express it. */
export function readAtom(pattern: string, at: number): Atom {
  if (pattern.charAt(at) !== '\\') return { type: 'unit', unit: pattern.charCodeAt(at), length: 1 }
  const letter = pattern.charAt(at + 1)
  const members = SETS.get(letter)
  if (members !== undefined) return { type: 'set', members, length: 2 }
  const unit = CONTROLS.get(letter)
  if (unit !== undefined) return { type: 'unit', unit, length: 2 }
  if (matchAt(UNSUPPORTED, pattern, at + 1)) {
    throw new SyntaxError('it has a back-reference or an octal escape')
  }
  if (letter === '0') return { type: 'unit', unit: 0, length: 2 }
  const hexadecimal = matchAt(HEXADECIMAL, pattern, at + 1)
  if (hexadecimal) {
    const digits = hexadecimal[1] ?? hexadecimal[2] ?? ''
    return { type: 'unit', unit: Number.parseInt(digits, 16), length: 2 + digits.length }
  }
  const control = matchAt(CONTROL, pattern, at + 1)?.[1]
  if (control !== undefined) return { type: 'unit', unit: control.charCodeAt(0) % 32, length: 3 }
  if (letter === 'c') throw new SyntaxError('it has \\c without a letter')
  return { type: 'unit', unit: pattern.charCodeAt(at + 1), length: 2 }
}

/** Returns a code unit in the syntax of RE2, valid inside and outside of a class. */
export function literal(unit: number): string {
  const isSurrogate = unit >= FIRST_SURROGATE && unit <= LAST_SURROGATE
  return `\\x{${(isSurrogate ? unit + SHIFT : unit).toString(16)}}`
}

function range(first: number, last: number): string {
  const all = `\\x{${first.toString(16)}}-\\x{${last.toString(16)}}`
  if (last < FIRST_SURROGATE || first > LAST_SURROGATE) return all
  return `${all}${literal(Math.max(first, FIRST_SURROGATE))}-${literal(Math.min(last, LAST_SURROGATE))}`
}

/** Returns the text with its surrogates moved as {@link literal} and {@link range} move those of a pattern. */
export function separateSurrogates(text: string): string {
  if (!/[\ud800-\udfff]/.test(text)) return text
  return text.replaceAll(/[\ud800-\udfff]/g, (unit) => String.fromCodePoint(unit.charCodeAt(0) + SHIFT))
}

export function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at
  return sticky.exec(text)
}

const BACKSPACE: Atom = { type: 'unit', unit: 8, length: 2 }
const HYPHEN = literal(45)
const ANYTHING = '[\\x00-\\x{10ffff}]'
const NOTHING = '[^\\x00-\\x{10ffff}]'

/** Translates the class that begins at an index to the syntax of RE2. `length` counts characters of the pattern. */
export function translateClass(
  pattern: string,
  start: number,
): { readonly source: string; readonly length: number } {
  const isNegated = pattern.charAt(start + 1) === '^'
  let at = start + (isNegated ? 2 : 1)
  let members = ''
  while (pattern.charAt(at) !== ']') {
    const first = readMember(pattern, at)
    at += first.length
    if (pattern.charAt(at) !== '-' || pattern.charAt(at + 1) === ']') {
      members += membersOf(first)
      continue
    }
    const last = readMember(pattern, at + 1)
    at += 1 + last.length
    members +=
      first.type === 'unit' && last.type === 'unit'
        ? range(first.unit, last.unit)
        : membersOf(first) + HYPHEN + membersOf(last)
  }
  return { source: classOf(members, isNegated ? '^' : ''), length: at + 1 - start }
}

function readMember(pattern: string, at: number): Atom {
  return pattern.startsWith('\\b', at) ? BACKSPACE : readAtom(pattern, at)
}

function membersOf(atom: Atom): string {
  return atom.type === 'unit' ? literal(atom.unit) : atom.members
}

function classOf(members: string, negation: '^' | ''): string {
  if (members !== '') return `[${negation}${members}]`
  return negation ? ANYTHING : NOTHING
}
