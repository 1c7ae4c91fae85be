import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { systemClock } from '../src/async/clock.ts'
import { createClient } from '../src/client/create-client.ts'
import { presets } from '../src/config/presets.ts'
import type { Change } from '../src/model/change-set.ts'
import type { EnvironmentConfig } from '../src/relay/config/relay-config.ts'
import { type RelayServer, startRelayServer } from '../src/relay/relay.ts'
import type { RelayView } from '../src/relay/view.ts'
import { launchChromium } from '../test/support/chromium.ts'
import { startRedis } from '../test/support/redis-server.ts'
import { relayConfig } from '../test/support/relays.ts'
import { Upstream } from '../test/support/upstream.ts'
import { takeFlagPicture } from './screenshots/flag-pictures.ts'
import { type Pixels, palettePng } from './screenshots/palette-png.ts'

/**
 * Takes the pictures of the relay's page in `docs/`: a real relay with Redis, and environments that are connected, one in an outage, and
 * one that is served from the database. Needs redis-server and chromium.
 */
const docs = join(import.meta.dirname, '../docs')
const silent = { debug() {}, info() {}, warn() {}, error() {} }

const PRODUCTION = {
  name: 'Spree Production',
  sdkKey: 'sdk-6d1f0a3c-92be-4f60-8a57-c1e2d7b93a4f',
  prefix: 'ld:spree:production',
}
const STAGING = {
  name: 'Spree Staging',
  sdkKey: 'sdk-02c9be71-5a4d-4e8f-b3d6-7f1a90e4c85b',
  prefix: 'ld:spree:staging',
}
const WAREHOUSE = {
  name: 'Warehouse',
  sdkKey: 'sdk-e84a7d52-1c3b-49f5-9d08-2b6fa1c07e93',
  prefix: 'ld:warehouse:production',
}

/** Further environments, which are in order. */
const OTHERS = [
  'Billing',
  'Checkout',
  'Loyalty',
  'Mobile app',
  'Search',
  'Shipping',
  'Support',
  'Web shop',
].map((name, index) => ({
  name,
  sdkKey: `sdk-5b0e${index}d7a-4c1f-4e92-8a36-9f2c7d1be0${index}4`,
  prefix: `ld:${name.toLowerCase().replace(' ', '-')}`,
}))

const KEYS = [
  'checkout-v2',
  'one-page-cart',
  'dark-mode',
  'search-ranking',
  'express-shipping',
  'gift-cards',
  'fraud-check',
]

/** A clock that can be advanced. */
let passedMs = 0
const clock = {
  ...systemClock,
  now: () => systemClock.now() + passedMs,
  monotonic: () => systemClock.monotonic() + passedMs,
}

const redis = await startRedis()
const upstream = new Upstream()
await upstream.start()
const browser = await launchChromium()
try {
  await picture()
  await takeFlagPicture(browser, save)
} finally {
  await browser.close()
  await upstream.kill()
  await redis.stop()
}

async function picture(): Promise<void> {
  upstream.hold(PRODUCTION.sdkKey, everything(212, 9))
  upstream.hold(STAGING.sdkKey, everything(187, 7))
  upstream.hold(WAREHOUSE.sdkKey, everything(46, 2))
  for (const [index, { sdkKey }] of OTHERS.entries())
    upstream.hold(sdkKey, everything(20 + 31 * index, index))
  await leaveInDatabase(WAREHOUSE)

  upstream.down(WAREHOUSE.sdkKey)
  const relay = await start([PRODUCTION, STAGING, WAREHOUSE, ...OTHERS])
  await relay.started
  const leave = await Promise.all([
    ...follow(relay, PRODUCTION, 14),
    ...follow(relay, STAGING, 3),
    ...OTHERS.flatMap((environment, index) => follow(relay, environment, index)),
  ])

  await pass(5_040)
  upstream.change(STAGING.sdkKey, flag('one-page-cart', 2))
  await pass(2_100)
  upstream.change(PRODUCTION.sdkKey, flag('search-ranking', 2), flag('gift-cards', 2), segment('staff', 2))
  upstream.change(STAGING.sdkKey, flag('checkout-v2', 2), flag('dark-mode', 2))
  await pass(480)
  upstream.change(PRODUCTION.sdkKey, { op: 'delete', kind: 'flag', key: 'summer-sale-banner', version: 2 })
  upstream.down(STAGING.sdkKey)
  await until(relay, ({ environments }) => environments[1]?.source.state === 'interrupted')
  await pass(190)
  upstream.change(PRODUCTION.sdkKey, flag('express-shipping', 2))
  for (const { sdkKey } of OTHERS.slice(4)) upstream.change(sdkKey, flag('dark-mode', 2))
  await pass(9)
  for (const { sdkKey } of OTHERS.slice(0, 4)) upstream.change(sdkKey, flag('checkout-v2', 2))
  await pass(3)
  upstream.change(PRODUCTION.sdkKey, flag('checkout-v2', 2))
  await pass(3)
  await until(relay, ({ environments, now }) =>
    environments.every(
      ({ source: { state, nextAttempt = 0 } }) => state === 'valid' || nextAttempt > now + 8_000,
    ),
  )

  await shoot(relay, 'relay-page-light', { width: 1280, colorScheme: 'light', open: STAGING.name })
  await shoot(relay, 'relay-page-dark', { width: 1280, colorScheme: 'dark', open: STAGING.name })
  await shoot(relay, 'relay-page-phone', { width: 360, height: 800, colorScheme: 'light', open: '' })

  await Promise.all(leave.map((close) => close()))
  await relay.close()
}

/** Rows of an earlier relay that can be served, but not resumed from. */
async function leaveInDatabase(environment: EnvironmentConfig): Promise<void> {
  const earlier = await start([environment])
  await earlier.started
  const marker = `${environment.prefix}:$inited`
  while ((await redis.as((client) => client.exists(marker))) === 0) await wait(20)
  await earlier.close()
  await redis.as((client) => client.del(`${environment.prefix}:$halyard`))
}

function start(environments: readonly EnvironmentConfig[]): Promise<RelayServer> {
  const config = relayConfig({
    initTimeoutMs: 1_000,
    endpoints: upstream.endpoints,
    store: { type: 'redis', url: redis.url },
    environments,
  })
  return startRelayServer(config, { logger: silent, clock })
}

/** Clients that stay connected until they are closed. */
function follow(
  { url }: RelayServer,
  { sdkKey }: EnvironmentConfig,
  count: number,
): Promise<() => Promise<void>>[] {
  return Array.from({ length: count }, async () => {
    const endpoints = { polling: url, streaming: url }
    const client = createClient(sdkKey, { dataSystem: presets.streaming(), endpoints, logger: silent })
    await client.waitForInitialization()
    return () => client.close()
  })
}

/** Waits until events have arrived, and then advances the clock. */
async function pass(seconds: number): Promise<void> {
  await wait(400)
  passedMs += seconds * 1_000
}

async function until(relay: RelayServer, holds: (view: RelayView) => boolean): Promise<void> {
  while (!holds(relay.view)) await wait(20)
}

interface Look {
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
  /** Default: the whole page. */
  readonly height?: number
  /** The environment whose row is open. Empty for none. */
  readonly open: string
}

async function shoot(
  { url }: RelayServer,
  name: string,
  { width, height, colorScheme, open }: Look,
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height: height ?? 720 },
    deviceScaleFactor: height === undefined ? 1 : 2,
    colorScheme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(`${url}/#/env/${encodeURIComponent(open)}`)
  await page
    .locator(open ? '.facts dd' : '.environment')
    .first()
    .waitFor()
  await save(page, name, height === undefined)
  await context.close()
}

async function save(page: Page, name: string, fullPage = true): Promise<void> {
  const png = await page.screenshot({ fullPage })
  writeFileSync(join(docs, `${name}.png`), palettePng(await pixelsOf(png)))
}

/** Decodes a picture in the browser that encoded it. */
async function pixelsOf(png: Buffer): Promise<Pixels> {
  const page = await browser.newPage()
  const { base64, ...size } = await page.evaluate(async (source) => {
    const image = new Image()
    image.src = `data:image/png;base64,${source}`
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    const context = canvas.getContext('2d')
    context?.drawImage(image, 0, 0)
    const data = context?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray()
    const bytes = Array.from({ length: Math.ceil(data.length / 32_768) }, (_, part) =>
      String.fromCharCode(...data.subarray(part * 32_768, (part + 1) * 32_768)),
    )
    return { width: image.width, height: image.height, base64: btoa(bytes.join('')) }
  }, png.toString('base64'))
  await page.close()
  return { ...size, rgba: Buffer.from(base64, 'base64') }
}

function everything(flags: number, segments: number): Change[] {
  const keys = [
    ...KEYS,
    'summer-sale-banner',
    ...Array.from({ length: flags }, (_, index) => `flag-${index}`),
  ]
  const names = ['staff', ...Array.from({ length: segments }, (_, index) => `segment-${index}`)]
  return [
    ...keys.slice(0, flags).map((key) => flag(key, 1)),
    ...names.slice(0, segments).map((key) => segment(key, 1)),
  ]
}

function flag(key: string, version: number): Change {
  const rules = [
    {
      id: `${key}-rule`,
      variation: 0,
      clauses: [{ attribute: 'country', op: 'in', values: ['DE', 'FR', 'JP'] }],
    },
  ]
  const object = {
    key,
    version,
    on: true,
    variations: [true, false],
    fallthrough: { variation: 1 },
    offVariation: 1,
    salt: key,
    rules,
  }
  return { op: 'put', kind: 'flag', key, version, object }
}

function segment(key: string, version: number): Change {
  return {
    op: 'put',
    kind: 'segment',
    key,
    version,
    object: { key, version, included: ['u-1'], excluded: [], salt: key, rules: [] },
  }
}
