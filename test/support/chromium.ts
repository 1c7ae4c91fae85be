import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { describe, it } from 'vitest'

const EXECUTABLE = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium'

/** Nothing but the pages it is shown: it asks nobody for updates, and works as root in a container. */
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

/** A headless Chromium, from `CHROMIUM_BIN` or where Debian puts it. Whoever launches it closes it. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: QUIET })
}

/** A suite that needs a real browser; where there is none it says so by its name, and on CI it fails. */
export function describeWithChromium(name: string, suite: () => void): void {
  const missing = `${name}: NOT RUN, because there is no chromium at ${EXECUTABLE}`
  if (existsSync(EXECUTABLE)) {
    describe(name, suite)
  } else if (process.env.CI) {
    it(missing, () => {
      throw new Error('install chromium, or say where it is in CHROMIUM_BIN')
    })
  } else {
    describe.skip(missing, suite)
  }
}
