// @ts-check
/** @import { Sentence, Word } from '../../flags/sentence.ts' */
import { make, nodeOf } from './dom.js'
import { escapeInvisible } from './format.js'
import { hrefOf } from './router.js'

/** @type {WeakMap<Element, string>} */
const shownSentences = new WeakMap()

/**
 * Replaces the content of an element by a sentence, in which flags and segments are links. Leaves the element alone if it shows
 * the sentence already.
 * @param {Element} element
 * @param {Sentence} words
 * @param {string} environment
 */
export function showSentence(element, words, environment) {
  const key = JSON.stringify([environment, words])
  if (shownSentences.get(element) === key) return
  shownSentences.set(element, key)
  element.replaceChildren(...sentenceNodes(words, environment))
}

/**
 * @param {Sentence} words
 * @param {string} environment
 * @returns {Node[]}
 */
export function sentenceNodes(words, environment) {
  return words.map((word) => wordNode(word, environment))
}

/**
 * @param {Word} word
 * @param {string} environment
 */
function wordNode(word, environment) {
  if (typeof word === 'string' || 'name' in word) return nodeOf(word)
  return 'flag' in word
    ? itemLink({ environment, kind: 'flag', key: word.flag })
    : itemLink({ environment, kind: 'segment', key: word.segment })
}

/**
 * Returns the link to a flag or segment. An empty key cannot be a part of an address, so it is text.
 * @param {{ environment: string, kind: 'flag' | 'segment', key: string }} item
 */
export function itemLink({ environment, kind, key }) {
  const name = make('bdi', 'name', escapeInvisible(key))
  if (key === '') return name
  const link = make('a', 'item-link', name)
  link.href = itemHref({ environment, kind, key })
  return link
}

/** @param {{ environment: string, kind: 'flag' | 'segment', key: string }} item */
export function itemHref({ environment, kind, key }) {
  const query = new URLSearchParams(kind === 'segment' ? { kind } : {})
  return hrefOf({ view: 'flags', environment, flag: key, query })
}
