import { rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { FlagFiles } from '../../src/flag-file/read.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { fileSynchronizer } from '../../src/synchronizers/file.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { flagValues, folderForTest, mountConfigMap } from '../flag-file/folder.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await folderForTest()
  path = join(folder, 'flags.json')
})

/** A file source that checks its files each time the test advances the clock by a second. */
function watcher(files: Partial<FlagFiles> = {}) {
  const clock = new VirtualClock()
  const source = fileSynchronizer({
    warn: () => {},
    name: 'file',
    paths: [path],
    intervalMs: 1_000,
    clock,
    random: () => 0,
    ...files,
  })
  let turns = 0
  /** Each turn begins when no check of another turn is pending; all turns share the timer that detects a freeze. */
  const settled = () =>
    expect.poll(() => clock.armed - (turns === 0 ? 0 : turns + 1), { interval: 1 }).toBe(0)
  return {
    clock,
    /** Advances the clock, one check at a time. */
    seconds: async (count: number) => {
      for (let looks = 0; looks < count; looks++) {
        await settled()
        await clock.advance(1_000)
      }
      await settled()
    },
    turn: async () => {
      const controller = new AbortController()
      onTestFinished(() => controller.abort())
      const said: string[] = []
      const reading = (async () => {
        for await (const result of source.sync(undefined, controller.signal)) said.push(brief(result))
      })()
      turns++
      await settled()
      return {
        /** Returns the results since the last call, without signs of life. */
        said: () => said.splice(0).filter((line) => line !== 'activity'),
        alive: () => said.splice(0).includes('activity'),
        end: async () => {
          controller.abort()
          turns--
          await reading
        },
      }
    },
  }
}

function brief(result: SourceResult): string {
  switch (result.type) {
    case 'changeSet': {
      const { changeSet } = result
      if (changeSet.type === 'none') return 'none'
      expect(changeSet.selector).toBeUndefined()
      return [
        changeSet.type,
        ...changeSet.changes.map(({ op, key, version }) => `${op} ${key} ${version}`),
      ].join(', ')
    }
    case 'interrupted':
      return `interrupted ${result.error.kind} ${result.error.message.replaceAll(folder, '')}`
    default:
      return result.type
  }
}

describe('changed files', () => {
  it('(S26, D12) are read at the start and when they change, and the differences are sent', async () => {
    await writeFile(path, flagValues({ a: 1, b: 1, c: 1 }))
    const { seconds, turn } = watcher()
    const { said } = await turn()
    expect(said()).toEqual(['full, put a 1, put b 1, put c 1'])
    await writeFile(path, flagValues({ a: 1, b: 2, d: 1 }))
    await seconds(2)
    expect(said()).toEqual(['partial, put b 2, put d 1, delete c 2'])
    await seconds(3)
    expect(said()).toEqual([])
  })

  it('(S26) are all read if one of several has changed', async () => {
    const other = join(folder, 'other.yaml')
    await writeFile(path, flagValues({ a: 1 }))
    await writeFile(other, 'flagValues: { b: 1 }')
    const { seconds, turn } = watcher({ paths: [path, other] })
    const { said } = await turn()
    await writeFile(other, 'flagValues: { a: 2, b: 1 }')
    await seconds(2)
    expect(said()).toEqual(['full, put a 1, put b 1', 'partial, put a 2'])
  })

  it('(S26.1) are not read while they are being written', async () => {
    await writeFile(path, flagValues({ a: 1 }))
    const { seconds, turn } = watcher()
    const { said } = await turn()
    for (const half of ['{"flagVal', '{"flagValues":{"a', '{"flagValues":{"a":2}}']) {
      await writeFile(path, half)
      await seconds(1)
    }
    expect(said()).toEqual(['full, put a 1'])
    await seconds(1)
    expect(said()).toEqual(['partial, put a 2'])
  })

  it('(S26) with the same content are confirmed', async () => {
    await writeFile(path, flagValues({ a: 1 }))
    const { seconds, turn } = watcher()
    const { said } = await turn()
    await writeFile(path, ` ${flagValues({ a: 1 })}`)
    await seconds(2)
    expect(said()).toEqual(['full, put a 1', 'none'])
  })

  it('(S26) are detected through the links of a config map', async () => {
    const paths = [join(folder, 'flags.json'), join(folder, 'more.json')]
    const release = (version: string, a: number, b: number) =>
      mountConfigMap(folder, version, {
        'flags.json': flagValues({ a }),
        'more.json': flagValues({ b }),
      })
    await release('2026_1', 1, 1)
    const { seconds, turn } = watcher({ paths })
    const { said } = await turn()
    expect(said()).toEqual(['full, put a 1, put b 1'])
    await release('2026_2', 2, 1)
    await seconds(2)
    expect(said()).toEqual(['partial, put a 2'])
    await release('2026_3', 2, 2)
    await seconds(2)
    expect(said()).toEqual(['partial, put b 2'])
  })

  it('(S26) cause a heartbeat at each check if they are unchanged', async () => {
    await writeFile(path, flagValues({ a: 1 }))
    const { seconds, turn } = watcher()
    const { said, alive } = await turn()
    said()
    for (let looks = 0; looks < 3; looks++) {
      await seconds(1)
      expect(alive()).toBe(true)
    }
    await writeFile(path, '{')
    await seconds(2)
    said()
    await seconds(3)
    expect(alive()).toBe(false)
  })
})

describe('invalid files', () => {
  it('(S26.3) are an interruption with the position of the error, until the next valid version', async () => {
    await writeFile(path, flagValues({ a: 1, b: 1 }))
    const { seconds, turn } = watcher()
    const { said } = await turn()
    await writeFile(path, '{"flagValues": {\n  "a": }}')
    await seconds(2)
    await writeFile(path, flagValues({ a: 2, b: 1 }))
    await seconds(2)
    expect(said()).toEqual([
      'full, put a 1, put b 1',
      'interrupted invalid_data /flags.json:2:8: unexpected "}" in JSON',
      'partial, put a 2',
    ])
  })

  it('(S26) are confirmed if the previous content is restored', async () => {
    await writeFile(path, flagValues({ a: 1 }))
    const { seconds, turn } = watcher()
    const { said } = await turn()
    await writeFile(path, '')
    await seconds(2)
    await writeFile(path, flagValues({ a: 1 }))
    await seconds(2)
    expect(said().slice(1)).toEqual([
      'interrupted invalid_data /flags.json: the file is empty; without flags, its content is {}',
      'none',
    ])
  })

  it('(S26) are an interruption if one is deleted, until it is restored', async () => {
    await writeFile(path, flagValues({ a: 1 }))
    const { seconds, turn } = watcher()
    const { said } = await turn()
    await rename(path, `${path}.away`)
    await seconds(2)
    expect(said().slice(1)).toEqual([expect.stringContaining('/flags.json: cannot be read: ENOENT')])
    await rename(`${path}.away`, path)
    await seconds(2)
    expect(said()).toEqual(['none'])
    await unlink(path)
    await seconds(1)
    await writeFile(path, flagValues({ a: 2 }))
    await seconds(2)
    expect(said()).toEqual(['partial, put a 2'])
  })

  it('(S26) are sent in full when a file that was missing at the start is created', async () => {
    const { seconds, turn } = watcher()
    const { said } = await turn()
    expect(said()).toEqual([expect.stringContaining('interrupted invalid_data /flags.json: cannot be read')])
    await writeFile(path, flagValues({ a: 1 }))
    await seconds(2)
    expect(said()).toEqual(['full, put a 1'])
  })

  it('(S26, D10) are read again with backoff although they are unchanged', async () => {
    await writeFile(join(folder, 'flags.yaml'), 'a: 1')
    const readAt: number[] = []
    const yamlParser = (): unknown => {
      readAt.push(clock.monotonic())
      if (readAt.length < 4) throw new Error('the disk is not itself')
      return { flagValues: { a: 1 } }
    }
    const { clock, seconds, turn } = watcher({ paths: [join(folder, 'flags.yaml')], yamlParser })
    const { said } = await turn()
    await seconds(12)
    expect(readAt).toEqual([0, 1_000, 3_000, 7_000])
    expect(said().slice(2)).toEqual([expect.stringContaining('the disk is not itself'), 'full, put a 1'])
  })
})

describe('a turn', () => {
  it('(S26) sends all data first, with higher versions than in earlier turns', async () => {
    await writeFile(path, flagValues({ a: 1, b: 1, c: 1 }))
    const { seconds, turn } = watcher()
    const first = await turn()
    await writeFile(path, flagValues({ a: 2, b: 1, c: 1 }))
    await seconds(2)
    await first.end()
    await writeFile(path, flagValues({ a: 3, b: 1 }))
    const second = await turn()
    expect(second.said()).toEqual(['full, put a 3, put b 1'])
  })

  it('(S26) that was closed during a read does not affect the next turn', async () => {
    const yaml = join(folder, 'flags.yaml')
    await writeFile(yaml, 'one')
    let cut = (): void => {}
    const yamlParser = (text: string): unknown => {
      if (text === 'two') cut()
      return { flagValues: { a: text } }
    }
    const { clock, seconds, turn } = watcher({ paths: [yaml], yamlParser })
    const first = await turn()
    await clock.advance(500)
    const second = await turn()
    let ended: Promise<void> | undefined
    cut = () => {
      ended ??= first.end()
    }
    await writeFile(yaml, 'two')
    await seconds(3)
    await ended
    expect(first.said()).toEqual(['full, put a 1'])
    expect(second.said()).toEqual(['full, put a 1', 'partial, put a 2'])
  })

  it('(D20) ends during a wait when its signal aborts, and leaves no alarm pending', async () => {
    await writeFile(path, flagValues({ a: 1 }))
    const { clock, turn } = watcher()
    const { end } = await turn()
    await end()
    expect(clock.armed).toBe(0)
  })
})
