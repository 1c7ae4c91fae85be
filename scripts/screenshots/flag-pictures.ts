import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { systemClock } from '../../src/async/clock.ts'
import type { Flag, VariationOrRollout } from '../../src/model/flag.ts'
import { type RelayServer, startRelayServer } from '../../src/relay/relay.ts'
import { relayConfig } from '../../test/support/relays.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const ENVIRONMENT = 'Spree Production'
const SDK_KEY = 'sdk-6d1f0a3c-92be-4f60-8a57-c1e2d7b93a4f'
const CONTEXT = { kind: 'user', key: 'u-318', email: 'kim@mail.example', country: 'JP', appVersion: '4.1.9' }

const FLAGS: Readonly<Record<string, Flag>> = {
  'checkout-v2': {
    ...boolean('on'),
    salt: 'c1',
    prerequisites: [{ key: 'payments-live', variation: 0 }],
    targets: [{ variation: 0, values: ['qa-anna', 'qa-ben'] }],
    rules: [
      { clauses: [{ attribute: 'email', op: 'endsWith', values: ['@spree.example'] }], variation: 0 },
      { clauses: [{ attribute: 'key', op: 'segmentMatch', values: ['beta-testers'] }], variation: 0 },
      {
        clauses: [
          { attribute: 'country', op: 'in', values: ['DE', 'FR', 'JP'] },
          { attribute: 'appVersion', op: 'semVerGreaterThan', values: ['4.2.0'] },
        ],
        variation: 0,
      },
    ],
    fallthrough: rollout(5_000),
  },
  'payments-live': boolean('on'),
  'gift-cards': { ...boolean('on'), prerequisites: [{ key: 'checkout-v2', variation: 0 }] },
  'dark-mode': boolean('on'),
  'express-shipping': boolean('on'),
  'one-page-cart': boolean('off'),
}

const SEGMENTS = {
  'beta-testers': {
    included: ['u-204', 'u-771'],
    rules: [{ clauses: [{ attribute: 'groups', op: 'in', values: ['beta'] }] }],
  },
}

/** Takes the picture of a flag with an explanation: a relay whose flags come from a file, a change, and counted evaluations. */
export async function takeFlagPicture(
  browser: Browser,
  save: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-screenshots-'))
  let passedMs = 0
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + passedMs,
    monotonic: () => systemClock.monotonic() + passedMs,
  }
  const file = join(folder, 'flags.json')
  const write = (share: number): Promise<void> => {
    const checkout = { ...FLAGS['checkout-v2'], fallthrough: rollout(share) }
    return writeFile(
      file,
      JSON.stringify({ flags: { ...FLAGS, 'checkout-v2': checkout }, segments: SEGMENTS }),
    )
  }
  await write(5_000)
  const environment = { name: ENVIRONMENT, sdkKey: SDK_KEY, files: [file], fileIntervalMs: 1_000 }
  const relay = await startRelayServer(relayConfig({ environments: [environment] }), {
    logger: silent,
    clock,
  })
  const page = await browser.newPage({
    viewport: { width: 1120, height: 900 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  })
  try {
    await relay.started
    for (let minute = 0; minute < 60; minute++) {
      await sendEvaluations(relay, minute)
      passedMs += 60_000
    }
    await page.goto(`${relay.url}/#/env/${encodeURIComponent(ENVIRONMENT)}/flags/checkout-v2`)
    await page.getByText('None since the start of the relay').waitFor()
    await write(20_000)
    await page.getByText('Changed, version').waitFor()
    await page.getByRole('textbox', { name: 'Context' }).fill(JSON.stringify(CONTEXT, undefined, 2))
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText('This decides').waitFor()
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await wait(200)
    await save(page, 'relay-page-flag')
  } finally {
    await page.close()
    await relay.close()
    await rm(folder, { recursive: true })
  }
}

function boolean(state: 'on' | 'off'): Flag {
  return { on: state === 'on', variations: [true, false], offVariation: 1, fallthrough: { variation: 0 } }
}

function rollout(share: number): VariationOrRollout {
  const variations = [
    { variation: 0, weight: share },
    { variation: 1, weight: 100_000 - share },
  ]
  return { rollout: { variations } }
}

/** Sends the summary of a server SDK, with more evaluations in the middle of the hour. */
async function sendEvaluations({ url }: RelayServer, minute: number): Promise<void> {
  const total = Math.round(400 + 300 * Math.sin((minute / 60) * Math.PI) + (minute % 7) * 25)
  const counterOf = (variation: number, share: number) => ({
    variation,
    version: 1,
    value: variation === 0,
    count: Math.round(total * share),
  })
  const now = Date.now()
  const features = {
    'checkout-v2': {
      default: false,
      contextKinds: ['user'],
      counters: [counterOf(0, 0.23), counterOf(1, 0.77)],
    },
  }
  const body = JSON.stringify([{ kind: 'summary', startDate: now, endDate: now, features }])
  const headers = {
    authorization: SDK_KEY,
    'content-type': 'application/json',
    'x-launchdarkly-event-schema': '4',
  }
  const response = await fetch(`${url}/bulk`, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`the relay refused events: ${response.status}`)
}
