import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SECTIONS, type Section } from './sections.ts'

export const ROOT: string = join(import.meta.dirname, '..')

/** The page that the site shows first. It is the index of the documents, and has no entry in the sidebar. */
export const HOME = 'docs/README.md'

/** A page of the site. */
export interface Page {
  /** Path in the repository. */
  readonly source: string
  /** Path on the site, which ends in `.md`. */
  readonly target: string
  readonly title: string
}

/** A section with all of its pages in the order of the sidebar. */
export interface ListedSection {
  readonly section: Section
  readonly pages: readonly Page[]
}

/** Returns the sections, with the pages of their folders. */
export function listSections(): readonly ListedSection[] {
  return SECTIONS.map((section) => {
    const named = Object.keys(section.pages)
    const others = section.folder === undefined ? [] : pagesOf(`${section.folder}/**/*.md`)
    return {
      section,
      pages: [...named, ...others.filter((path) => !named.includes(path))].map((source) => ({
        source,
        target: targetOf(source),
        title: section.pages[source] ?? headingOf(source),
      })),
    }
  })
}

/** Returns the paths of all documents that must have an entry in the sidebar. */
export function allDocuments(): readonly string[] {
  return [...pagesOf('*.md'), ...pagesOf('docs/**/*.md'), ...pagesOf('examples/**/*.md')].filter(
    (path) => path !== HOME,
  )
}

function pagesOf(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: ROOT, exclude: ['**/node_modules/**'] })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
}

/**
 * Returns the path of a document on the site. `docs` is the root of the site; documents of the project's root have their
 * names in lower case. An index is `index.md`.
 */
export function targetOf(source: string): string {
  const path = source.startsWith('docs/') ? source.slice('docs/'.length) : source
  if (!path.includes('/') && !source.startsWith('docs/')) return path.toLowerCase().replaceAll('_', '-')
  return path.replace(/(^|\/)README\.md$/, '$1index.md')
}

/** Returns the first heading of a document, without marks. */
export function headingOf(source: string): string {
  const heading = /^# (.*)$/m.exec(readFileSync(join(ROOT, source), 'utf8'))?.[1]
  if (heading === undefined) throw new Error(`${source} has no heading`)
  return heading.replaceAll('`', '')
}

/** Returns the anchor of a heading as code hosts make it. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}
