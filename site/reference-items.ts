import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ENTRY_POINTS } from './entry-points.ts'
import { STAGE } from './stage.ts'

/** Where TypeDoc writes the reference. */
export const REFERENCE: string = join(STAGE, 'reference')

/** Kinds of names that have a page each, in the order of the sidebar. Types are only in the table of their entry point. */
const KINDS: Readonly<Record<string, string>> = {
  functions: 'Functions',
  classes: 'Classes',
  variables: 'Variables',
}

/** Returns the items of the reference in the sidebar: all entry points, and the functions, classes and variables of the one that is `open`. */
export function referenceItems(open: string | undefined): SidebarItem[] {
  return Object.keys(ENTRY_POINTS).map((name) => ({
    text: name,
    link: `/reference/${name}/`,
    ...(name === open && { collapsed: false, items: itemsOf(name) }),
  }))
}

function itemsOf(name: string): SidebarItem[] {
  const values = Object.entries(KINDS).map(([folder, text]) => ({
    text,
    items: globSync(`${name}/${folder}/*.md`, { cwd: REFERENCE })
      .map((path) => ({ text: basename(path, '.md'), link: `/reference/${path.replace(/\.md$/, '')}` }))
      .toSorted((left, right) => left.text.localeCompare(right.text, 'en')),
  }))
  const types = globSync(`${name}/{interfaces,type-aliases}/*.md`, { cwd: REFERENCE }).length
  return [
    ...values.filter(({ items }) => items.length > 0),
    ...(types > 0 ? [{ text: `Types (${types})`, link: `/reference/${name}/#${anchorOfTypes(name)}` }] : []),
  ]
}

function anchorOfTypes(name: string): string {
  return globSync(`${name}/interfaces/*.md`, { cwd: REFERENCE }).length > 0 ? 'interfaces' : 'type-aliases'
}

/** An item of the sidebar as VitePress has it. */
interface SidebarItem {
  readonly text: string
  readonly link?: string
  readonly collapsed?: boolean
  readonly items?: SidebarItem[]
}
