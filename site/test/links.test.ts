import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, it } from 'vitest'
import { attributesOf, htmlPages, readSite, SITE } from './files.ts'

const pages = new Map(htmlPages().map((path) => [path, readSite(path)]))
const anchors = new Map([...pages].map(([path, html]) => [path, new Set(attributesOf(html, 'id'))]))

/** Returns what is wrong with a link of a page, or `undefined`. */
function problemOf(page: string, link: string): string | undefined {
  if (/^(https?:|mailto:|data:)/.test(link)) return undefined
  const [path = '', anchor = ''] = link.split('#')
  const resolved = path === '' ? page : posix.join(path.startsWith('/') ? '' : posix.dirname(page), path)
  const relative = resolved.replace(/^\//, '')
  const file = [relative, `${relative}.html`, posix.join(relative, 'index.html')].find(
    (candidate) => candidate !== '' && /\.\w+$/.test(candidate) && existsSync(join(SITE, candidate)),
  )
  if (file === undefined) return `${page}: ${link} leads to no file`
  if (anchor !== '' && anchors.get(file)?.has(decodeURIComponent(anchor)) === false)
    return `${page}: ${link} leads to no heading`
  return undefined
}

it('has the documents, the reference and the specification', () => {
  expect([...pages.keys()]).toEqual(
    expect.arrayContaining(['index.html', 'relay.html', 'spec/index.html', 'reference/halyard/index.html']),
  )
})

it('has only links to existing pages and headings', () => {
  const problems = [...pages].flatMap(([page, html]) =>
    [...attributesOf(html, 'href'), ...attributesOf(html, 'src')].map((link) => problemOf(page, link)),
  )
  expect([...new Set(problems)].filter((problem) => problem !== undefined)).toEqual([])
})

it('has no sidebar with more links than the documents of a reader and one long section', () => {
  const long = [...pages].flatMap(([page, html]) => {
    const sidebar = /<aside class="VPSidebar"[\s\S]*?<\/aside>/.exec(html)?.[0] ?? ''
    const { length } = attributesOf(sidebar, 'href')
    return length > 150 ? [`${page}: ${length} links`] : []
  })
  expect(long).toEqual([])
})

it('loads nothing from another host', () => {
  const loaded = [...pages].flatMap(([page, html]) =>
    [
      ...html.matchAll(
        /<(?:script|link|img|iframe|source)\b[^>]*(?:src|href|srcset)="((?:https?:)?\/\/[^"]*)"/g,
      ),
    ].map((match) => `${page}: ${match[1]}`),
  )
  expect(loaded).toEqual([])
})

it('has an index and all texts for language models, with links to files of the site', () => {
  const index = readSite('llms.txt')
  const links = [...index.matchAll(/^- \[[^\]]+\]\(([^)]+)\)/gm)].map((match) => String(match[1]))
  expect(links.length).toBeGreaterThan(60)
  expect(links.filter((link) => !existsSync(join(SITE, link)))).toEqual([])
  expect(readSite('llms-full.txt')).toContain('# Behaviour in failures')
})
