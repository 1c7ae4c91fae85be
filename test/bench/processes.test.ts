import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { compare } from '../../bench/compare.ts'
import { readOptions } from '../../bench/options.ts'
import { inTurn } from '../../bench/processes/in-turn.ts'
import { runProgram } from '../../bench/processes/run-program.ts'
import { measureStart } from '../../bench/processes/starts.ts'
import { isQuantity, textOf } from '../../bench/report/format.ts'
import type { Table } from '../../bench/report/table.ts'
import { runBenchmarks } from '../../bench/run.ts'
import { Application } from '../examples/application.ts'

const TABLE: Table = { id: 'one', title: 'one', heading: ['name'], rows: [['row']] }

let application: Application
let folder: string

beforeAll(() => {
  application = new Application(['@launchdarkly/node-server-sdk', 'undici'])
  folder = application.directory
  cpSync(join(import.meta.dirname, '../../bench/processes/programs'), join(folder, 'programs'), {
    recursive: true,
  })
})

afterAll(() => application.remove())

describe('a start', () => {
  it('is measured for Halyard, the official SDK and the floors, up to the first value', async () => {
    const { rows, notes } = await measureStart({ halyard: folder, field: folder, tarball: '' }, 10, 1)
    expect(notes).toEqual([])
    expect(rows.map(([name = '']) => textOf(name))).toEqual([
      'halyard',
      'official',
      'official, FDv1 stream',
      'undici, GET and parse',
      'node:http, GET and parse',
      'empty process',
    ])
    for (const [, ...cells] of rows) {
      expect(cells.slice(0, 3).every((cell) => isQuantity(cell) && cell.value > 0)).toBe(true)
    }
  })

  it('counts the memory of the process itself, not of the one that started it', async () => {
    const held = Buffer.alloc(300_000_000, 1)
    const { peakBytes } = await runProgram({ name: 'empty', folder, file: 'empty' })
    expect(peakBytes).toBeLessThan(held.length)
  })

  it('fails with the error of a program that has no value', async () => {
    const variables = { BENCH_PACKAGES: 'not-installed' }
    const program = { name: 'missing', folder, file: 'import', variables }
    await expect(runProgram(program)).rejects.toThrow(/^missing ended with 1 and no value .*not-installed/)
  })
})

describe('measurements in turn', () => {
  const subjects = [{ name: 'a' }, { name: 'b' }]

  it('alternate the order, and drop the first round', async () => {
    const order: string[] = []
    const rounds = await inTurn(subjects, 2, async ({ name }) => {
      order.push(name)
      return order.length
    })
    expect(order.join('')).toBe('abbaab')
    expect(rounds.costs.get('a')).toEqual([4, 5])
    expect(rounds.ratio('a', 'b', (cost) => cost)).toEqual({
      value: 4 / 3,
      low: 5 / 6,
      high: 4 / 3,
      form: 'ratio',
    })
  })

  it('go on with the others when one fails, and say why', async () => {
    const rounds = await inTurn(subjects, 2, async ({ name }) => {
      if (name === 'a') throw new Error('no answer')
      return 1
    })
    expect([...rounds.costs]).toEqual([['b', [1, 1]]])
    expect(rounds.notes).toEqual(['a failed: no answer'])
    expect(rounds.ratio('a', 'b', (cost) => cost).value).toBeNaN()
  })
})

describe('the command', () => {
  it('runs the other benchmarks when one fails, and keeps the tables that were complete', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const options = { ...readOptions(['--only', 'init,deltas,evalx']) }
    const good = async (_options: unknown, report: (table: Table) => void): Promise<void> => report(TABLE)
    const bad = async (_options: unknown, report: (table: Table) => void): Promise<void> => {
      report({ ...TABLE, id: 'before' })
      throw new Error('no redis-server')
    }
    const all = new Proxy({} as Parameters<typeof runBenchmarks>[1] & object, {
      get: (_target, name) => (name === 'deltas' ? bad : good),
    })
    const { tables, failures } = await runBenchmarks(options, all)
    expect(tables.map(({ id }) => id)).toEqual(['one', 'before', 'one'])
    expect(failures).toEqual([{ benchmark: 'deltas', reason: 'no redis-server' }])
  })

  it('compares all subjects, each in a process of its own', async () => {
    const changes = { halyard: 5, official: 5, floor: 5 }
    const row = { flags: 10, framing: 'flushed', repeats: 1, changes } as const
    for (const benchmark of ['init', 'deltas'] as const) {
      const { halyard, official, floor } = await compare(benchmark, row)
      for (const { wallMs, cpuMs } of [halyard, official, floor])
        expect(Math.min(wallMs, cpuMs)).toBeGreaterThan(0)
    }
  })

  it('names an unknown benchmark', () => {
    expect(() => readOptions(['--only', 'init,speed'])).toThrow('there is no benchmark "speed"')
    expect(() => readOptions(['--rounds', '0'])).toThrow('--rounds must be a number from 1')
  })
})
