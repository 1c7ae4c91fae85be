import { CARD } from './card.ts'
import { LIVE } from './live.ts'
import { PARTS } from './parts.ts'
import { WORDS } from './words.ts'

/**
 * What the page does in the browser: plain JavaScript, kept in text because no build step stands between these files and
 * the package. `test/relay/page/script.test.ts` checks its types.
 */
export const SCRIPT: string = [WORDS, PARTS, CARD, LIVE].join('')
