import { done } from './done.js'

const begun = performance.now()
const { InMemStorageProvider, startUnleash } = await import('unleash-client')
const importMs = performance.now() - begun
const client = await startUnleash({
  url: process.env.BENCH_URL,
  appName: 'bench',
  disableMetrics: true,
  // Without a copy in a file, from which the next process would start.
  storageProvider: new InMemStorageProvider(),
})
done(client.isEnabled(process.env.BENCH_FLAG, { userId: 'bench' }) || undefined, { importMs })
