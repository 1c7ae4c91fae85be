import { Script } from 'node:vm'
import { expect, it } from 'vitest'
import { DOCUMENT, SCRIPT, STYLE } from '../../../src/relay/page/assets.ts'

it('(S113) joins the modules of the page to one script, without a name that is declared twice', () => {
  expect(SCRIPT).not.toMatch(/^(import|export)\b/m)
  // In a block, even functions must not be declared twice.
  expect(() => new Script(`'use strict'; { ${SCRIPT} }`)).not.toThrow()
  for (const name of ['formatBytes', 'relayNow', 'createOverview', 'followRelay']) {
    expect(SCRIPT.split(`function ${name}(`)).toHaveLength(2)
  }
})

it('(S113) script and style contain no closing tag, which would end them in the document', () => {
  expect(SCRIPT + STYLE).not.toContain('</')
  expect(DOCUMENT).toContain('<script type="module" src="page.js"></script>')
  expect(DOCUMENT).toContain('<link rel="stylesheet" href="page.css">')
})
