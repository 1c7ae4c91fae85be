import { readOptions } from './options.ts'
import { writeResults } from './report/results.ts'
import { runBenchmarks } from './run.ts'

/** Runs benchmarks and prints their tables. */
const options = readOptions(process.argv.slice(2))
console.log('Ratios of one interleaved run; the absolute numbers belong to this machine and this moment.')
const measured = await runBenchmarks(options)
if (options.json !== undefined) await writeResults(options.json, measured)
if (measured.failures.length > 0) process.exitCode = 1
