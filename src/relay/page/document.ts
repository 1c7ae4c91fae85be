export interface DocumentParts {
  /** Neither may contain a closing tag: they stand in the page as they are, so that their hashes are known. */
  readonly style: string
  readonly script: string
}

/** The page before anything is known of the relay. */
export function documentOf({ style, script }: DocumentParts): string {
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
