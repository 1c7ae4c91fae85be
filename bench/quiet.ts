import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 50
const IDLE_US = 3_000

/**
 * Waits until the process rests. What strips the types off our sources goes on compiling itself on other threads
 * long after the last import, and would be billed to whoever has the most modules.
 */
export async function quiet(): Promise<void> {
  for (;;) {
    const begun = process.cpuUsage()
    await sleep(LOOK_MS)
    const { user, system } = process.cpuUsage(begun)
    if (user + system < IDLE_US) return
  }
}
