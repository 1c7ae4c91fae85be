import { type Browser, chromium } from 'playwright-core'
import { describeWith, findOnPath, isExecutable, type Requirement } from './requirements/requirement.ts'

/** Options that disable updates and background requests, and allow to run as root in a container. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--disable-lcd-text',
]

/** Launches a headless Chromium, from `CHROMIUM_BIN` or from `PATH`. The caller closes it. */
export function launchChromium(): Promise<Browser> {
  const executablePath = executable()
  if (executablePath === undefined) throw new Error(`chromium is missing. ${CHROMIUM.remedy}`)
  return chromium.launch({ executablePath, args: QUIET })
}

const CHROMIUM: Requirement = {
  name: 'chromium',
  remedy: 'Install it, for example with: apt-get install chromium; or set CHROMIUM_BIN to its path.',
  isAvailable: () => executable() !== undefined,
}

/** Declares a suite that needs a real browser. */
export function describeWithChromium(name: string, suite: () => void): void {
  describeWith(CHROMIUM, name, suite)
}

function executable(): string | undefined {
  const { CHROMIUM_BIN } = process.env
  if (CHROMIUM_BIN) return isExecutable(CHROMIUM_BIN) ? CHROMIUM_BIN : undefined
  return findOnPath('chromium')
}
