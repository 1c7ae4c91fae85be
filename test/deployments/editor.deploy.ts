import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, inject, it, onTestFinished } from 'vitest'
import { createApplication } from './support/application.ts'
import { LanguageClient } from './support/language-server.ts'

const FLAGS = `# yaml-language-server: $schema=./node_modules/halyard/schema/flag-file.schema.json
flags:
  new-checkout:
    on: yes
    variations: [true, false]
    falthrough: { variation: 0 }
    rules:
      - clauses: [{ attribute: email, op: endWith, values: ['@example.com'] }]
        variation: 0
    fallthrough: {}
`

it('(VF3.6) the YAML language server finds the installed schema, and shows problems and hover texts', async () => {
  const home = mkdtempSync(join(tmpdir(), 'halyard-editor-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const packages = ['yaml-language-server']
  const application = createApplication({ tarball: inject('tarball'), parent: home, packages })
  writeFileSync(join(application, 'flags.yaml'), FLAGS)
  const editor = new LanguageClient(join(application, 'node_modules/.bin/yaml-language-server'))
  onTestFinished(() => editor.close())
  const folder = pathToFileURL(application).href
  const uri = `${folder}/flags.yaml`
  const problems = await editor.open(folder, uri, FLAGS)
  const lines = problems.map(({ range, message }) => `${range.start.line + 1}: ${message}`).toSorted()
  expect(lines).toEqual([
    '10: Missing property "variation".',
    '4: Incorrect type. Expected one of boolean, null.',
    '6: Property falthrough is not allowed.',
    expect.stringContaining('8: Value is not accepted. Valid values: "in", "startsWith"'),
  ])
  const position = { line: 4, character: 6 }
  const hover = await editor.request('textDocument/hover', { textDocument: { uri }, position })
  expect(JSON.stringify(hover)).toContain('The possible values, of any type.')
})
