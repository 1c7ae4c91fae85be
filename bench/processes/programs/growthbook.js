import { done } from './done.js'

const begun = performance.now()
const { GrowthBookClient } = await import('@growthbook/growthbook')
const importMs = performance.now() - begun
const client = new GrowthBookClient({ apiHost: process.env.BENCH_URL, clientKey: 'bench' })
await client.init({ timeout: 60_000 })
const { value } = client.evalFeature(process.env.BENCH_FLAG, { attributes: { id: 'bench' } })
done(value ?? undefined, { importMs })
