import { posix } from 'node:path'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { ENTRY_POINTS } from '../entry-points.ts'
import { anchorOf, type ListedSection, listSections } from '../pages.ts'
import { referenceItems } from '../reference-items.ts'

const sections = listSections()

/**
 * The sidebars by the beginning of the path. Each page contains its sidebar as HTML, so a long list of pages is only in the sidebar of
 * its own pages.
 */
const sidebars: DefaultTheme.SidebarMulti = {
  '/': sidebarOf(undefined),
  ...Object.fromEntries(
    sections.flatMap((listed) =>
      listed.section.isLong === true ? [[`/${folderOf(listed)}/`, sidebarOf(listed)]] : [],
    ),
  ),
  '/reference/': [referenceOf(undefined)],
  ...Object.fromEntries(
    Object.keys(ENTRY_POINTS).map((name) => [`/reference/${name}/`, [referenceOf(name)]]),
  ),
}

export default defineConfig({
  title: 'Halyard',
  description: 'A feature-flag client and relay, compatible with LaunchDarkly.',
  lang: 'en',
  base: process.env.HALYARD_DOCS_BASE ?? '/',
  srcDir: '.generated/pages',
  outDir: 'dist',
  cacheDir: '.generated/cache',
  metaChunk: true,
  markdown: {
    // Documents have no templates of Vue: two braces are text.
    config(markdown) {
      const { renderer } = markdown
      const render = renderer.render.bind(renderer)
      renderer.render = (...parameters) => render(...parameters).replaceAll('{{', '&#123;&#123;')
    },
    anchor: { slugify: anchorOf },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    languageAlias: { promql: 'text', conf: 'ini', haproxy: 'nginx', gotemplate: 'yaml' },
  },
  vite: { build: { chunkSizeWarningLimit: 4000 }, logLevel: 'warn' },
  themeConfig: {
    nav: [
      { text: 'Documents', link: '/' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Specification', link: '/spec/' },
    ],
    sidebar: sidebars,
    outline: { level: [2, 3] },
    docFooter: { prev: false, next: false },
    search: {
      provider: 'local',
      options: {
        detailedView: true,
        miniSearch: {
          searchOptions: {
            combineWith: 'AND',
            prefix: true,
            fuzzy: 0.1,
            // Guides come first. The function runs in the browser, so it uses nothing outside of it.
            boostDocument: (id: string) =>
              id.includes('/reference/') ? 0.2 : /\/(spec|decisions|files)\/|\/benchmarks/.test(id) ? 0.4 : 1,
          },
        },
      },
    },
  },
})

/** Returns all sections, of which the long ones are a link unless `open` is the section. */
function sidebarOf(open: ListedSection | undefined): DefaultTheme.SidebarItem[] {
  return [
    ...sections.map((listed) => {
      const items = listed.pages.map(({ title, target }) => ({ text: title, link: linkOf(target) }))
      const text = listed.section.title
      if (listed.section.isLong !== true || listed === open) return { text, collapsed: false, items }
      return { text, link: items[0]?.link ?? '/' }
    }),
    { text: 'Reference', link: '/reference/' },
  ]
}

function referenceOf(open: string | undefined): DefaultTheme.SidebarItem {
  return { text: 'Reference', link: '/reference/', collapsed: false, items: referenceItems(open) }
}

/** Returns the folder on the site of a section's pages. */
function folderOf({ pages }: ListedSection): string {
  return posix.dirname(pages[0]?.target ?? '')
}

function linkOf(target: string): string {
  return `/${target.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`
}
