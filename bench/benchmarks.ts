import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readOptions } from './options.ts'
import { renderPage } from './report/page.ts'
import { renderPlots } from './report/plots.ts'
import { renderReadme } from './report/readme.ts'
import { readResults, writeResults } from './report/results.ts'
import { runBenchmarks } from './run.ts'

/**
 * Runs all benchmarks with a fixed number of rounds, about 15 minutes on an idle machine, and writes `docs/benchmarks.json`. From this file it writes
 * `docs/benchmarks.md`, the plots in `docs/benchmarks`, and the numbers of the README. With `--render` it only does the second part.
 */
const root = join(import.meta.dirname, '..')
const docs = join(root, 'docs')
const RESULTS = join(docs, 'benchmarks.json')
const ROUNDS = '11'

const { values } = parseArgs({
  options: {
    render: { type: 'boolean', default: false },
    beside: { type: 'string' },
    'beside-name': { type: 'string', default: 'another relay' },
  },
})

if (!values.render) {
  const beside = values.beside === undefined ? [] : ['--beside', values.beside]
  const measured = await runBenchmarks(readOptions(['--quick', '--rounds', ROUNDS, ...beside]))
  await writeResults(RESULTS, measured, beside.length === 0 ? {} : { 'other relay': values['beside-name'] })
  if (measured.failures.length > 0) process.exitCode = 1
}
const results = await readResults(RESULTS)
writeFileSync(join(docs, 'benchmarks.md'), renderPage(results))
const plots = join(docs, 'benchmarks')
rmSync(plots, { recursive: true, force: true })
mkdirSync(plots)
for (const [name, svg] of renderPlots(results)) writeFileSync(join(plots, name), svg)
const readme = join(root, 'README.md')
writeFileSync(readme, renderReadme(readFileSync(readme, 'utf8'), results))
console.log('wrote docs/benchmarks.md, docs/benchmarks and the numbers of README.md')
