import { createHash } from 'node:crypto'
import type { HttpAnswer } from '../../server/event-stream.ts'
import { DOCUMENT, SCRIPT, STYLE } from './assets.ts'

const BYTES = Buffer.from(
  DOCUMENT.replace('<link rel="stylesheet" href="page.css">', () => `<style>${STYLE}</style>`).replace(
    '<script type="module" src="page.js"></script>',
    () => `<script type="module">${SCRIPT}</script>`,
  ),
)

/** Allows only the script and the style sheet of the page, connections only to the relay, and no HTML from strings. */
const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** `/`: the page for operators. It contains no data; its script reads `/status/events`. */
export const PAGE: HttpAnswer = {
  status: 200,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-length': BYTES.length,
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  },
  bytes: BYTES,
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
