import { type Atom, literal, range, readAtom } from './pattern-characters.ts'

const BACKSPACE: Atom = { type: 'unit', unit: 8, length: 2 }
const HYPHEN = literal(45)
const ANYTHING = '[\\x00-\\x{10ffff}]'
const NOTHING = '[^\\x00-\\x{10ffff}]'

/** The class that opens at a place of a pattern, in the words of RE2, and how long it was. */
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
