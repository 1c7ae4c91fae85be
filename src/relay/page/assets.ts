import { readdirSync, readFileSync } from 'node:fs'

// The files of the relay's page, read from `browser/`. `scripts/build.ts` replaces this module by the values of its exports,
// so the package contains no further files.

const folder = new URL('./browser/', import.meta.url)

const IMPORT = /^import [^;]*? from '\.\/([\w-]+\.js)'\n/gm
const TYPES_ONLY = /^(\/\/ @ts-check|\/\*\* @import .*)\n/gm

/** The document, in which a `<link>` and a `<script>` refer to the two texts below. */
export const DOCUMENT: string = read('page.html')

/** All style sheets, in the order of their names, after `page.css`, which has the colours and the elements. */
export const STYLE: string = [...styleSheets()].map(read).join('')

export const SCRIPT: string = [...modulesOf('page.js').values()].join('')

/**
 * Returns the texts of a module and of all modules that it imports, by name, each after those it imports. The texts have no
 * import statements and no `export` keywords, so that they can be joined to one script. Top-level names must therefore be
 * unique among the files.
 */
function modulesOf(name: string, known: Map<string, string> = new Map()): Map<string, string> {
  const text = read(name)
  for (const [, imported = ''] of text.matchAll(IMPORT)) {
    if (!known.has(imported)) modulesOf(imported, known)
  }
  const body = text.replaceAll(IMPORT, '').replaceAll(TYPES_ONLY, '')
  return known.set(name, body.replaceAll(/^export (?=const|(?:async )?function)/gm, ''))
}

function styleSheets(): ReadonlySet<string> {
  const found = readdirSync(folder).filter((name) => name.endsWith('.css'))
  return new Set(['page.css', ...found.sort()])
}

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8')
}
