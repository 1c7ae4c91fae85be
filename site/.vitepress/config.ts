import { type DefaultTheme, defineConfig } from 'vitepress'
import { anchorOf, listSections } from '../pages.ts'
import { referenceItems } from '../reference-items.ts'

const sections: readonly DefaultTheme.SidebarItem[] = listSections().map(({ section, pages }) => ({
  text: section.title,
  // Pages of other sections stay visible, so that a reader sees the whole.
  collapsed: section.collapsed ?? false,
  items: pages.map(({ title, target }) => ({ text: title, link: linkOf(target) })),
}))

const reference: DefaultTheme.SidebarItem = {
  text: 'Reference',
  collapsed: false,
  items: referenceItems(),
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
    sidebar: {
      '/reference/': [reference, ...sections],
      '/': [...sections, { text: 'Reference', link: '/reference/' }],
    },
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
              id.includes('/reference/') ? 0.2 : /\/(spec|decisions|files)\//.test(id) ? 0.4 : 1,
          },
        },
      },
    },
  },
})

function linkOf(target: string): string {
  return `/${target.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`
}
