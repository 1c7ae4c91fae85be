import { createHash } from 'node:crypto'
import type { CompleteAnswer } from '../../server/event-stream.ts'
import type { DocumentEndpoint } from '../endpoint.ts'
import { SCRIPT } from './script/live.ts'
import { STYLE } from './style.ts'

export interface DocumentParts {
  /** Neither may contain a closing tag: they stand in the page as they are, so that their hashes are known. */
  readonly style: string
  readonly script: string
}

/** The page before anything is known of the relay. */
function documentOf({ style, script }: DocumentParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Halyard relay</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<header class="masthead">
  ${PENNANT}
  <p class="brand">Halyard <span>relay</span></p>
  <p class="line" id="line">Connecting</p>
</header>
<main>
  <noscript><p class="lost">This page needs JavaScript. <a href="status">/status</a> says the same as JSON.</p></noscript>
  <p class="lost" id="lost" role="alert" hidden></p>
  <section class="verdict" id="verdict" aria-label="Verdict" aria-live="polite">
    <h1>Asking the relay</h1>
  </section>
  <dl class="totals" id="totals"></dl>
  <section class="environments" id="environments" aria-label="Environments"></section>
</main>
<footer>
  <p id="about"></p>
  <p>For machines: <a href="status">/status</a> <a href="readyz">/readyz</a> <a href="status/events">/status/events</a></p>
</footer>
<script type="module">${script}</script>
</body>
</html>
`
}

/** A pennant at its mast. */
const PENNANT = `<svg class="pennant" viewBox="0 0 24 24" aria-hidden="true"><path d="M5 2v20" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/><path class="cloth" d="M7 4l14 4.5L7 13z"/></svg>`

const ICON = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M5 2v20" fill="none" stroke="#7b8794" stroke-width="2" stroke-linecap="round"/><path d="M7 3l15 5.5L7 14z" fill="#c8432b"/></svg>`,
)}`

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
export const page: DocumentEndpoint = () => PAGE

const PAGE: CompleteAnswer = { status: 200, headers: HEADERS, bytes: BYTES }

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
