import { expect, it } from 'vitest'
import { OutageLog } from '../../src/datasystem/outage-log.ts'
import { notes } from '../client/starting.ts'

it('(S122) logs a failure of a source once per outage', () => {
  const { log, logger } = notes()
  const outages = new OutageLog(logger)
  outages.recovered('streaming')
  for (let round = 0; round < 3; round++) {
    outages.report('streaming', 'refused')
    outages.report('polling', 'refused')
  }
  outages.report('streaming', 'timed out')
  outages.recovered('polling')
  outages.recovered('polling')
  outages.report('streaming', 'refused')
  expect(log.filter((line) => !line.startsWith('debug'))).toEqual([
    'warn: streaming: refused',
    'warn: polling: refused',
    'warn: streaming: timed out',
    'info: polling: recovered',
    'warn: streaming: refused',
  ])
  expect(log.filter((line) => line.startsWith('debug'))).toHaveLength(4)
})

it('(S122) logs at most 20 warnings in an outage if every message differs', () => {
  const { log, logger } = notes()
  const outages = new OutageLog(logger)
  for (let round = 0; round < 1_000; round++) outages.report('streaming', `failed after ${round} ms`)
  expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(20)
})

it('(S166) removes a hint that was already logged in this outage', () => {
  const { log, logger } = notes()
  const outages = new OutageLog(logger)
  const report = (source: string): void => outages.report(source, '404 (use FDv1); trying again', 'use FDv1')
  for (const source of ['polling', 'streaming', 'polling']) report(source)
  outages.recovered('polling')
  report('streaming')
  expect(log).toEqual([
    'warn: polling: 404 (use FDv1); trying again',
    'warn: streaming: 404; trying again',
    'debug: polling: 404; trying again',
    'info: polling: recovered',
    'warn: streaming: 404 (use FDv1); trying again',
  ])
})
