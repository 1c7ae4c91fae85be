import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Application } from './examples/application.ts'

const root = join(import.meta.dirname, '..')

/** Pages whose programs other tests run or compile. */
const TESTED_ELSEWHERE: readonly string[] = [
  'bridge.md',
  'client.md',
  'explain.md',
  'failover-testing.md',
  'openfeature.md',
  'stores.md',
]

/** Imports and values that the fragments of a page take for granted. */
const GIVEN: Readonly<Record<string, string>> = {
  'auto-config.md':
    "import { startRelay } from 'halyard/relay'\nimport { startAutoConfigService } from 'halyard/testing'\ndeclare const flags: string\n",
  'big-segments.md': "import { fail, scriptedOrigin } from 'halyard/testing'\n",
}

it('compiles the programs of the guides that no other test runs', async () => {
  const application = new Application(['ioredis'])
  const written: string[] = []
  for (const page of globSync('*.md', { cwd: join(root, 'docs') })) {
    const text = readFileSync(join(root, 'docs', page), 'utf8')
    const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => String(match[1]))
    if (blocks.length === 0 || TESTED_ELSEWHERE.includes(page)) continue
    // The blocks of a page continue each other.
    application.write(page.replace('.md', '.ts'), `${GIVEN[page] ?? ''}${blocks.join('\n')}export {}\n`)
    written.push(page)
  }
  expect(written).toEqual(expect.arrayContaining(['events.md', 'migrations.md', 'overrides.md']))
  expect(await application.typeErrors()).toBe('')
  application.remove()
})
