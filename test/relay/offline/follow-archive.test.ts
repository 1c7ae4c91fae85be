import { writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { followArchive } from '../../../src/relay/offline/start-offline.ts'
import { ONE } from '../archive/packed.ts'
import { offline } from './offline.ts'

it('S102: reads an invalid archive again even if it is unchanged, and does not confirm it until it is valid', async () => {
  const archive = await offline(ONE)
  const life = new AbortController()
  const news = followArchive({ archive: archive.path, intervalMs: 10 }, systemClock, life.signal)
  const heard: string[] = []
  const until = async (type: string, times: number): Promise<void> => {
    while (heard.filter((each) => each === type).length < times) {
      const { value } = await news.next()
      if (value) heard.push(value.type)
    }
  }
  await until('same', 2)
  await writeFile(archive.path, 'no archive')
  await until('refused', 3)
  await archive.put(ONE)
  await until('archive', 1)
  await until('same', 3)
  life.abort()
  expect((await news.next()).done).toBe(true)
  const story = heard
    .join(' ')
    .replace(/( same)+/g, ' same')
    .replace(/^(same )+/, 'same ')
  expect(story).toMatch(/^same( refused){3,} archive same$/)
})
