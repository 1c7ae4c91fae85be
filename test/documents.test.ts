import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'test/*/*.md'], { cwd: root })

/** Returns the text of a page without blocks of code. */
function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
}

/** Returns the anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(path: string): ReadonlySet<string> {
  const headings = [...textOf(path).matchAll(/^#+ (.*)$/gm)].map((match) => String(match[1]))
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** Returns what is wrong with a link of a page; `undefined` if it leads to a file, and to a heading if it names one. */
function problemOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, target))) return `${page}: ${link} does not exist`
  if (anchor !== undefined && !anchorsOf(target).has(anchor)) return `${page}: ${link} has no such heading`
  return undefined
}

it('finds the documents', () => {
  expect(pages).toContain('README.md')
  expect(pages).toContain(join('docs', 'spec', 'README.md'))
})

it.each(pages)('%s has only links to existing files and headings', (page) => {
  const links = [...textOf(page).matchAll(/\]\(([^)]+)\)/g)].map((match) => String(match[1]))
  const inside = links.filter((link) => !/^https?:/.test(link))
  expect(inside.map((link) => problemOf(page, link)).filter((problem) => problem !== undefined)).toEqual([])
})
