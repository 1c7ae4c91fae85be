import { expect, it } from 'vitest'
import { OutageLog } from '../../src/datasystem/outage-log.ts'
import { notes } from '../client/starting.ts'

it('(S122) says the same of a source once until data comes again, and then again', () => {
  const { log, logger } = notes()
  const complaints = new OutageLog(logger)
  complaints.settle('streaming')
  for (let round = 0; round < 3; round++) {
    complaints.about('streaming', 'refused')
    complaints.about('polling', 'refused')
  }
  complaints.about('streaming', 'timed out')
  complaints.settle('polling')
  complaints.settle('polling')
  complaints.about('streaming', 'refused')
  expect(log.filter((line) => !line.startsWith('debug'))).toEqual([
    'warn: streaming: refused',
    'warn: polling: refused',
    'warn: streaming: timed out',
    'info: polling: brings data',
    'warn: streaming: refused',
  ])
  expect(log.filter((line) => line.startsWith('debug'))).toHaveLength(4)
})

it('(S122) does not trust that the same is said in the same words', () => {
  const { log, logger } = notes()
  const complaints = new OutageLog(logger)
  for (let round = 0; round < 1_000; round++) complaints.about('streaming', `failed after ${round} ms`)
  expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(20)
})

it('S166: leaves out a hint that was logged in this outage', () => {
  const { log, logger } = notes()
  const complaints = new OutageLog(logger)
  const about = (source: string): void => complaints.about(source, '404 (use FDv1); trying again', 'use FDv1')
  for (const source of ['polling', 'streaming', 'polling']) about(source)
  complaints.settle('polling')
  about('streaming')
  expect(log).toEqual([
    'warn: polling: 404 (use FDv1); trying again',
    'warn: streaming: 404; trying again',
    'debug: polling: 404; trying again',
    'info: polling: brings data',
    'warn: streaming: 404 (use FDv1); trying again',
  ])
})
