import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { init, type LDClient, type LDOptions } from '@launchdarkly/node-server-sdk'
import { expect, onTestFinished, test } from 'vitest'
import { developing, folderForTest } from '../cli/developing.ts'

type DataSystem = NonNullable<LDOptions['dataSystem']>

const nothing = (): void => {}
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }

async function connect(url: string, dataSystem: DataSystem): Promise<LDClient> {
  const client = init('sdk-key', {
    baseUri: url,
    streamUri: url,
    sendEvents: false,
    logger: silent,
    dataSystem,
  })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  return client
}

const modes: readonly [string, DataSystem][] = [
  ['streaming', { dataSource: { dataSourceOptionsType: 'standard' } }],
  [
    'polling',
    {
      dataSource: {
        dataSourceOptionsType: 'custom',
        initializers: [{ type: 'polling' }],
        synchronizers: [{ type: 'polling', pollInterval: 1 }],
      },
    },
  ],
]

test.each(modes)('the official SDK, %s, follows the flag file', async (_mode, dataSystem) => {
  const path = join(await folderForTest(), 'flags.yml')
  await writeFile(path, 'flagValues:\n  colour: red\n  gone: soon\n')
  const { url } = await developing(path)
  const client = await connect(url, dataSystem)
  const value = (key: string) => client.stringVariation(key, { kind: 'user', key: 'u' }, 'fallback')
  expect([await value('colour'), await value('gone')]).toEqual(['red', 'soon'])

  await writeFile(path, 'flagValues:\n  colour: blue\n')
  await expect
    .poll(async () => [await value('colour'), await value('gone')], { interval: 20 })
    .toEqual(['blue', 'fallback'])
})
