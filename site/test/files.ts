import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const SITE: string = join(import.meta.dirname, '..', 'dist')

/** Returns the paths of all HTML pages of the built site. */
export function htmlPages(): readonly string[] {
  return globSync('**/*.html', { cwd: SITE }).toSorted()
}

/** Returns the values of an attribute in the HTML of a page. */
export function attributesOf(html: string, name: string): readonly string[] {
  return [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map((match) =>
    String(match[1]).replaceAll('&amp;', '&').replaceAll('&#39;', "'"),
  )
}

export function readSite(path: string): string {
  return readFileSync(join(SITE, path), 'utf8')
}
