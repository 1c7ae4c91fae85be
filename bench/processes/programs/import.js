import { done } from './done.js'

// Imports packages, such as `halyard`, and nothing else.
const begun = performance.now()
for (const name of process.env.BENCH_PACKAGES.split(' ')) await import(name)
done('imported', { importMs: performance.now() - begun })
