import { expect, it } from 'vitest'
import { jsonOutput, lineOutput, type Present, ScreenOutput } from '../../src/cli/watch/output.ts'
import type { WatchEvent } from '../../src/cli/watch/watch-event.ts'
import type { DataSourceStatus } from '../../src/model/status.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { Terminal } from './terminal.ts'

const MODE = { protocol: 'fdv2', why: '' } as const
const VALID: DataSourceStatus = { state: 'valid', mode: MODE, since: 0, source: 'streaming' }
const ERROR = {
  kind: 'network_error',
  message:
    'no server listens at 127.0.0.1:8030; check host and port, and that the server runs (ECONNREFUSED)',
  at: 5_000,
  source: 'streaming',
} as const
const INTERRUPTED: DataSourceStatus = {
  ...VALID,
  state: 'interrupted',
  since: 4_000,
  lastError: ERROR,
  nextAttempt: 6_200,
}

function context(terminal: Terminal, env: NodeJS.ProcessEnv = {}) {
  return {
    env,
    stdout: terminal.writeLine,
    stderr: terminal.writeLine,
    stdin: () => Promise.resolve(''),
    isTerminal: true,
    columns: () => terminal.columns,
    onStarted() {},
    signal: new AbortController().signal,
  }
}

function screen(columns: number, status: DataSourceStatus = VALID) {
  const terminal = new Terminal(columns)
  const clock = new VirtualClock()
  const shown: { present: Present } = {
    present: { from: 'http://127.0.0.1:8030', status, content: { flags: 12, segments: 3 } },
  }
  const output = new ScreenOutput(context(terminal), () => shown.present, clock)
  return { terminal, clock, shown, output }
}

function change(key: string, at = 1_000): WatchEvent {
  const differences = [
    { path: 'on', from: 'false', to: 'true' },
    { path: 'rules[0].variation', from: '0', to: '1' },
    { path: 'targets[0]', to: '{"values":["ada"],"variation":1}' },
  ]
  const changed = {
    at,
    type: 'changed',
    kind: 'flag',
    key,
    from: 3,
    to: 4,
    differences,
    isCut: false,
  } as const
  return { type: 'change', at, change: changed }
}

it('(WA5.1) keeps the present status in the last row, below the events', async () => {
  const { terminal, clock, shown, output } = screen(80)
  output.print(change('new-page'))
  await clock.advance(2_000)
  output.print(change('banner'))
  expect(terminal.rows.map((row) => row.replace(/^\d\d:\d\d:\d\d/, 'TIME'))).toEqual([
    'TIME  changed   flag new-page, version 3 → 4: turned on',
    '                      rules[0].variation: 0 → 1',
    '                      targets[0]: added {"values":["ada"],"variation":1}',
    'TIME  changed   flag banner, version 3 → 4: turned on',
    '                      rules[0].variation: 0 → 1',
    '                      targets[0]: added {"values":["ada"],"variation":1}',
    'valid for 2.0 s | streaming | 12 flags, 3 segments | http://127.0.0.1:8030',
  ])
  shown.present = { ...shown.present, status: INTERRUPTED }
  await clock.advance(3_000)
  expect(terminal.rows.at(-1)).toBe('interrupted for 1.0 s | streaming | next attempt in 1.2 s')
  output.end()
  expect(clock.armed).toBe(0)
})

it.each([80, 60, 40, 20])('(WA5.2) fits %d columns', async (columns) => {
  const { terminal, clock, shown, output } = screen(columns)
  output.print(change('new-page'))
  await clock.advance(3_000)
  shown.present = { ...shown.present, status: INTERRUPTED }
  output.print({ type: 'status', at: 5_000, status: INTERRUPTED, before: VALID })
  const before = terminal.rows.length
  await clock.advance(3_000)
  // A row that were too long would be shown in two, and remain when it is replaced.
  expect(terminal.rows).toHaveLength(before)
  expect(terminal.rows.filter((row) => row.startsWith('interrupted for'))).toHaveLength(1)
  expect(terminal.rows.at(-1)).toMatch(/^interrupted for/)
})

it('(WA5.2) has one last row after the terminal has become narrower', async () => {
  const { terminal, clock, output } = screen(80)
  output.print(change('new-page'))
  terminal.resize(30)
  await clock.advance(2_000)
  expect(terminal.rows.filter((row) => row.startsWith('valid for'))).toHaveLength(1)
  expect(terminal.rows.at(-1)).toBe('valid for 2.0 s | streaming')
  expect(terminal.rows.at(-2)).toBe('ariation":1}')
})

it('(WA5.3) replaces the last row in one write, and only if it has changed', async () => {
  const { terminal, clock, output } = screen(80, { ...VALID, since: 100_000 })
  output.print(change('new-page'))
  await clock.advance(5_000)
  expect(terminal.writes).toHaveLength(1)
  output.print(change('banner'))
  expect(terminal.writes).toHaveLength(2)
  const [, second = ''] = terminal.writes
  expect(second.startsWith('\u001b[?2026h\r\u001b[1A\u001b[0J')).toBe(true)
  expect(second.endsWith('\u001b[?2026l')).toBe(true)
})

it('(WA5.4) leaves the last status and no echo of Ctrl-C at the end', () => {
  const { terminal, output } = screen(80)
  output.print(change('new-page'))
  terminal.writeLine('^C')
  output.end()
  const [last, ...others] = terminal.rows.toReversed()
  expect(last).toMatch(/^valid for/)
  expect(others.join('\n')).not.toContain('^C')
})

it('(WA5.5) escapes control characters of names and values', () => {
  const { terminal, output } = screen(80)
  output.print(change('bell\u0007\u001b[2J\u202e'))
  for (const sequence of ['\u0007', '\u001b[2J', '\u202e'])
    expect(terminal.writes.join('')).not.toContain(sequence)
})

it('(WA4.2) prints one line for each event in a pipe, without control characters', () => {
  const pipe = new Terminal(1_000)
  const output = lineOutput({ ...context(pipe), isTerminal: false })
  output.print(change('new-page'))
  output.print({ type: 'status', at: 5_000, status: INTERRUPTED, before: VALID })
  output.print({ type: 'log', at: 6_000, level: 'warn', message: 'first\nsecond\u001b' })
  expect(pipe.writes).toEqual([
    '1970-01-01T00:00:01.000Z  changed   flag new-page, version 3 → 4: turned on; rules[0].variation: 0 → 1; targets[0]: added {"values":["ada"],"variation":1}',
    `1970-01-01T00:00:05.000Z  status    interrupted: streaming, after 4.0 s valid; ${ERROR.message}; next attempt in 1.2 s`,
    '1970-01-01T00:00:06.000Z  log       first second\\u001b',
  ])
})

it('(WA4.3, WA5.5) escapes control characters in JSON', () => {
  const pipe = new Terminal(1_000)
  const message = '\u009b31m\u202e'
  jsonOutput({ stdout: pipe.writeLine }).print({ type: 'log', level: 'warn', message, at: 0 })
  const [line = ''] = pipe.writes
  expect(line).not.toMatch(/[\u009b\u202e]/)
  expect(JSON.parse(line)).toMatchObject({ message })
})
