import { boundedJson, cut } from './bounded-json.ts'

/**
 * A piece of a sentence: text, a name or value from the data, or the key of a flag or segment, to which the page links. Text
 * never contains anything from the data, so that the page can isolate names with other directions of writing.
 */
export type Word =
  | string
  | { readonly name: string }
  | { readonly flag: string }
  | { readonly segment: string }

export type Sentence = readonly Word[]

/** Values and keys that are written in a sentence before the others are only counted. */
const MAX_LISTED = 5

const MAX_NAME_LENGTH = 200
const MAX_VALUE_LENGTH = 80

/** Returns a sentence from a template whose expressions are words, sentences, or text that is not from the data. */
export function sentence(texts: TemplateStringsArray, ...words: readonly (Word | Sentence)[]): Sentence {
  const result: Word[] = []
  const add = (word: Word): void => {
    const last = result.at(-1)
    if (typeof word !== 'string' || typeof last !== 'string') result.push(word)
    else result[result.length - 1] = last + word
  }
  texts.forEach((text, index) => {
    const word = words[index] ?? []
    for (const each of [text, ...(isSentence(word) ? word : [word])]) if (each !== '') add(each)
  })
  return result
}

function isSentence(word: Word | Sentence): word is Sentence {
  return Array.isArray(word)
}

/** Returns a name from the data as a word. */
export function name(text: unknown): Word {
  return { name: typeof text === 'string' ? cut(text, MAX_NAME_LENGTH) : valueText(text) }
}

/** Returns a value from the data as a word, in JSON. */
export function value(data: unknown): Word {
  return { name: valueText(data) }
}

function valueText(data: unknown): string {
  return data === undefined ? 'none' : boundedJson(data, { maxLength: MAX_VALUE_LENGTH })
}

/** Returns the key of a flag or segment as a word. A very long one, or one that is not a string, is not linked. */
export function keyOf(kind: 'flag' | 'segment', key: unknown): Word {
  if (typeof key !== 'string' || key.length > MAX_NAME_LENGTH) return name(key)
  return kind === 'flag' ? { flag: key } : { segment: key }
}

/**
 * Returns the sentence that lists some elements: `A, B or C`, or `A, B and 7 more`.
 *
 * @param conjunction - the word before the last element, if all are listed.
 */
export function listed<T>(
  elements: readonly T[],
  conjunction: 'and' | 'or',
  write: (element: T) => Word | Sentence,
): Sentence {
  const shown = elements.length > MAX_LISTED + 1 ? elements.slice(0, MAX_LISTED) : elements
  const rest = elements.length - shown.length
  return shown.reduce((before: Sentence, element, index) => {
    const isLast = rest === 0 && index === shown.length - 1
    const separator = index === 0 ? '' : isLast ? ` ${conjunction} ` : ', '
    const more = rest > 0 && index === shown.length - 1 ? ` and ${rest.toLocaleString('en')} more` : ''
    return sentence`${before}${separator}${write(element)}${more}`
  }, [])
}

/** Returns a sentence as text. */
export function textOf(words: Sentence): string {
  return words.map((word) => (typeof word === 'string' ? word : Object.values(word)[0])).join('')
}
