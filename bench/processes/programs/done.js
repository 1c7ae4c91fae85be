import { readFileSync, writeSync } from 'node:fs'

/**
 * Prints the value and the costs of this process as one line of JSON, and ends the process. The parent measures the elapsed time.
 * @param {unknown} value the first value; `undefined` and `'absent'` are failures
 * @param {{ readonly importMs?: number, readonly modules?: number }} [more] further measures
 */
export function done(value, more = {}) {
  const { user, system } = process.cpuUsage()
  if (value === undefined || value === 'absent') throw new Error('the program has no value')
  const line = { value, cpuMs: (user + system) / 1_000, peakBytes: peakBytes(), ...more }
  writeSync(1, `${JSON.stringify(line)}\n`)
  process.exit(0)
}

/** Returns the peak of resident memory. `maxRSS` on Linux includes the memory of the parent at the start of this process. */
function peakBytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1_024
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kilobytes) * 1_024
}
