import { createHash } from 'node:crypto'
import type { CompleteAnswer } from '../../server/event-stream.ts'
import type { DocumentSurface } from '../operation/surface.ts'
import { documentOf } from './document.ts'
import { SCRIPT } from './script/script.ts'
import { STYLE } from './style.ts'

const BYTES = Buffer.from(documentOf({ style: STYLE, script: SCRIPT }))

/** Nothing but these two texts has an effect, no text becomes markup, and nobody is talked to but the relay. */
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

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-length': BYTES.length,
  'content-security-policy': POLICY,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** `/`: a page for people to look at. It holds no data: that comes from `/status/events`. */
export const page: DocumentSurface = () => PAGE

const PAGE: CompleteAnswer = { status: 200, headers: HEADERS, bytes: BYTES }

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
