import { registerHooks } from 'node:module'
import { done } from './done.js'

// Counts the files that an import loads.
const files = new Set()
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) files.add(url)
    return nextLoad(url, context)
  },
})
for (const name of process.env.BENCH_PACKAGES.split(' ')) await import(name)
done('imported', { modules: files.size })
