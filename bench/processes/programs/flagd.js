import { done } from './done.js'

// The in-process resolver with a local file: its network protocol is gRPC, for which there is no small service here.
const begun = performance.now()
const { OpenFeature } = await import('@openfeature/server-sdk')
const { FlagdProvider } = await import('@openfeature/flagd-provider')
const importMs = performance.now() - begun
const provider = new FlagdProvider({
  resolverType: 'in-process',
  offlineFlagSourcePath: process.env.BENCH_FILE,
})
await OpenFeature.setProviderAndWait(provider)
const value = await OpenFeature.getClient().getBooleanValue(process.env.BENCH_FLAG, false)
done(value || undefined, { importMs })
