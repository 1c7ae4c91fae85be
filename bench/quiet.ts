import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 50
const IDLE_US = 3_000

/**
 * Waits until the process is idle. The type stripper of Node.js continues to compile itself on other threads after the last import, which
 * would be charged to the subject with the most modules.
 */
export async function quiet(): Promise<void> {
  for (;;) {
    const begun = process.cpuUsage()
    await sleep(LOOK_MS)
    const { user, system } = process.cpuUsage(begun)
    if (user + system < IDLE_US) return
  }
}
