import { readFileSync, writeFileSync } from 'node:fs'

/** Returns the memory of a process by the kernel's count, in bytes. Linux only. */
export interface Resident {
  readonly now: number
  /** Peak since {@link forgetPeak}. */
  readonly peak: number
}

export function residentOf(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
