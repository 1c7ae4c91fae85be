import { expect, it, onTestFinished } from 'vitest'
import { fail } from '../../../src/testing/index.ts'
import { describeWithChromium, launchChromium } from '../../support/chromium.ts'
import { describeWithRedis, startRedis } from '../../support/redis-server.ts'
import { inRedis, startBigSegmentRelay, startService, waiting } from './big-segment-relay.ts'

describeWithChromium('the page of a relay with big segments', () => {
  describeWithRedis('in Redis', () => {
    it('(S113, S115) shows the state of their synchronization', async () => {
      const redis = await startRedis()
      onTestFinished(() => redis.stop())
      const browser = await launchChromium()
      onTestFinished(() => browser.close())
      const service = await startService()
      service.origin.bigSegments.change('beta.g2', { included: { add: ['ada'] } })
      const { relay } = await startBigSegmentRelay(service, inRedis(redis.url, 'one'))
      const page = await browser.newPage()
      await page.goto(relay.url)
      const row = page
        .locator('.facts div', { has: page.getByText('Big segments', { exact: true }) })
        .locator('dd')
      await expect
        .poll(() => row.innerText(), waiting)
        .toMatch(/^synchronized \d+ s ago\n1 patch written by this relay$/)
      service.origin.bigSegmentPoll.always(fail.status(401))
      service.origin.bigSegmentStream.interrupt()
      await expect.poll(() => row.innerText(), waiting).toMatch(/^waiting, synchronized \d+ s ago\n/)
      await expect.poll(() => page.locator('.badge').innerText(), waiting).toMatch(/^Big segments/)
    })
  })
})
