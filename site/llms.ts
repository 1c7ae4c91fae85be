import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ENTRY_POINTS } from './entry-points.ts'
import { listSections, type Page } from './pages.ts'
import { STAGE } from './stage.ts'

const SITE = join(import.meta.dirname, 'dist')

/**
 * Writes the pages of the site as Markdown beside the HTML, `llms.txt` with a line for each page, and `llms-full.txt` with the text of
 * all of them except the decisions and the reference, which have an index line only.
 */
export function writeTexts(): void {
  for (const page of globSync('**/*.md', { cwd: STAGE })) {
    mkdirSync(dirname(join(SITE, page)), { recursive: true })
    copyFileSync(join(STAGE, page), join(SITE, page))
  }
  const sections = listSections()
  const index = sections.map(
    ({ section, pages }) => `## ${section.title}\n\n${pages.map(lineOf).join('\n')}\n`,
  )
  const reference = Object.entries(ENTRY_POINTS).map(
    ([name, use]) => `- [${name}](reference/${name}/index.md): ${use}`,
  )
  const summary =
    '> A feature-flag client and relay for Node.js, compatible with the protocols of LaunchDarkly.'
  writeFileSync(
    join(SITE, 'llms.txt'),
    ['# Halyard\n', `${summary}\n`, ...index, `## Reference\n\n${reference.join('\n')}\n`].join('\n'),
  )
  const full = sections.filter(({ section }) => section.title !== 'Decisions').flatMap(({ pages }) => pages)
  writeFileSync(join(SITE, 'llms-full.txt'), full.map((page) => textOf(page)).join('\n\n---\n\n'))
}

function textOf({ target }: Page): string {
  return readFileSync(join(STAGE, target), 'utf8').trim()
}

function lineOf(page: Page): string {
  const description = firstSentence(textOf(page))
  return `- [${page.title}](${page.target})${description === '' ? '' : `: ${description}`}`
}

/** Returns the first sentence of a document below its heading, as plain text. */
function firstSentence(text: string): string {
  const paragraphs = text.replaceAll(/^```[\s\S]*?^```/gm, '').split(/\n\s*\n/)
  const first = paragraphs.find((paragraph) => /^[A-Za-z"*`[]/.test(paragraph)) ?? ''
  const plain = first
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('**', '')
  return (/^.*?[.:?!](?= |$)/.exec(plain)?.[0] ?? plain).replace(/:$/, '.')
}
