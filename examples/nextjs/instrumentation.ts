/** Next.js calls this once, before the server answers requests. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { flagClient } = await import('./lib/flags')
  const client = flagClient()
  // After 5 s the server starts without flags: evaluations return their fallback values until data arrives.
  await client.waitForInitialization({ timeoutMs: 5_000 })

  // NEXT_MANUAL_SIG_HANDLE, see package.json: the process ends when the analytics events are delivered.
  const stop = async (): Promise<void> => {
    await client.close()
    process.exit(0)
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
}
