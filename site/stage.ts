import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, extname, join, posix } from 'node:path'
import { HOME, listSections, ROOT, targetOf } from './pages.ts'

/** Where the pages are written from which VitePress builds the site. */
export const STAGE: string = join(import.meta.dirname, '.generated', 'pages')

/** Files that a page links to and that are copied as they are, because they are no text or too long for a page. */
const STATIC = /\.(svg|png|json)$/

/** Repository paths of the documents and of the files to which they link, and their places on the site. */
type Places = Map<string, string>

/**
 * Writes the documents of the repository to the stage, with links that are right on the site: a linked file that is no document
 * becomes a page that shows it. Throws an error if a link leads to nothing.
 */
export function stageDocuments(): void {
  rmSync(STAGE, { recursive: true, force: true })
  const places: Places = new Map(
    [HOME, ...listSections().flatMap(({ pages }) => pages.map((page) => page.source))].map((source) => [
      source,
      targetOf(source),
    ]),
  )
  // Links of staged documents add files to the map, which are staged in the same loop.
  for (const [source, target] of places) {
    if (STATIC.test(source)) {
      copy(source, join('public', target))
      continue
    }
    write(target, pageOf(source, places))
  }
  for (const image of globSync('docs/**/*.{svg,png}', { cwd: ROOT })) {
    copy(image, targetOf(image))
  }
}

function copy(source: string, target: string): void {
  const path = join(STAGE, target)
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync(join(ROOT, source), path)
}

function write(target: string, text: string): void {
  const path = join(STAGE, target)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Returns a document with its links rewritten for the site. Blocks of code are left as they are. */
function withLinks(text: string, source: string, places: Places): string {
  return text
    .split(/(^```[\s\S]*?^```)/gm)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replaceAll(
              /(!\[[^\]]*\]\()([^)\s:]+)\)/g,
              (_, text, link) => `${text}${imageOnSite(source, link)})`,
            )
            .replaceAll(/(?<!!)(\[[^\]]*\]\()([^)\s#]+)(#[^)\s]*)?\)/g, (whole, text, link, anchor = '') =>
              /^[a-z]+:/.test(link) ? whole : `${text}${linkOnSite(source, link, places)}${anchor})`,
            ),
    )
    .join('')
}

/** Returns the place of a picture, all of which are staged, relative to a document. */
function imageOnSite(source: string, link: string): string {
  const path = posix.join(posix.dirname(source), link)
  return `./${posix.relative(posix.dirname(targetOf(source)), targetOf(path))}`
}

/** Returns a link of a document as the site needs it. Adds the linked file to the places if it has none. */
function linkOnSite(source: string, link: string, places: Places): string {
  const path = posix.join(posix.dirname(source), link).replace(/\/$/, '')
  if (!existsSync(join(ROOT, path))) throw new Error(`${source}: ${link} does not exist`)
  const index = `${path}/README.md`
  const file = existsSync(join(ROOT, index)) ? index : path
  const target = places.get(file) ?? placeOf(file)
  places.set(file, target)
  return STATIC.test(file) ? `/${target}` : posix.relative(posix.dirname(targetOf(source)), target)
}

// VitePress ignores folders whose names begin with a dot.
function placeOf(file: string): string {
  return extname(file) === '.md' || STATIC.test(file) ? targetOf(file) : `files/${file.replace(/^\./, '')}.md`
}

/** Returns a document with links for the site, or a page that shows a file or the names in a folder. */
function pageOf(source: string, places: Places): string {
  const path = join(ROOT, source)
  const heading = `# ${posix.basename(source)}\n\n\`${source}\`\n\n`
  if (statSync(path).isDirectory())
    return `${heading}${readdirSync(path)
      .map((name) => `- \`${name}\`\n`)
      .join('')}`
  const text = readFileSync(path, 'utf8')
  if (extname(source) === '.md') return withLinks(text, source, places)
  return `${heading}\`\`\`\`${extname(source).slice(1)}\n${text}\n\`\`\`\`\n`
}
