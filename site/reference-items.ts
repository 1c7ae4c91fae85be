import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ENTRY_POINTS } from './entry-points.ts'
import { STAGE } from './stage.ts'

/** Where TypeDoc writes the reference. */
export const REFERENCE: string = join(STAGE, 'reference')

/** The items of the reference in the sidebar: each entry point with its names. */
export function referenceItems(): SidebarItem[] {
  return Object.keys(ENTRY_POINTS).map((name) => ({
    text: name,
    link: `/reference/${name}/`,
    collapsed: true,
    items: globSync(`${name}/{classes,enumerations,functions,interfaces,type-aliases,variables}/*.md`, {
      cwd: REFERENCE,
    })
      .map((path) => ({ text: basename(path, '.md'), link: `/reference/${path.replace(/\.md$/, '')}` }))
      .toSorted((left, right) => left.text.localeCompare(right.text, 'en')),
  }))
}

/** An item of the sidebar as VitePress has it. */
interface SidebarItem {
  readonly text: string
  readonly link: string
  readonly collapsed?: boolean
  readonly items?: SidebarItem[]
}
