import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `node scripts/release-notes.ts TAG` prints the notes of a release, the section of its version in CHANGELOG.md. Exits with 1 if
 * the tag is not the version of package.json, or the changelog has no section for it.
 */
const root = join(import.meta.dirname, '..')
const tag = process.argv[2]
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string
}
const sections = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m)
const notes = sections.find((section) => section.split(/\s/, 1)[0] === version)

if (tag !== `v${version}`) fail(`the tag ${tag ?? '(none)'} does not name version ${version} of package.json`)
if (notes === undefined) fail(`CHANGELOG.md has no section "## ${version}"; rename "Unreleased"`)
console.info(notes.slice(notes.indexOf('\n')).trim())

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
