import { expect, it } from 'vitest'
import { type OptionRules, parseOptions } from '../../src/options/check.ts'
import { IssueCollector } from '../../src/options/issues.ts'
import {
  listThat,
  number,
  optional,
  ownObject,
  sharedObject,
  string,
} from '../../src/options/value-schema.ts'

const RULES: OptionRules<unknown> = {
  root: 'options',
  schema: sharedObject({
    count: optional(number),
    list: optional(listThat(ownObject({ name: string }))),
    tls: optional(sharedObject({ ca: optional(string) })),
  }),
}

it('returns the options without unknown names, which are warnings in objects that may grow', () => {
  const collector = new IssueCollector()
  const options = Object.freeze({ count: 1, future: 2, tls: Object.freeze({ ca: 'x', newer: 3 }) })
  expect(parseOptions(options, RULES, collector)).toEqual({ count: 1, tls: { ca: 'x' } })
  expect(collector.warnings).toEqual([
    'options.tls.newer is not an option; ignored',
    'options.future is not an option; ignored',
  ])
})

it('reads members that are inherited or have a getter, beside unknown names', () => {
  class Options {
    readonly unrelated = true
    get count(): number {
      return 7
    }
  }
  expect(parseOptions(new Options(), RULES, new IssueCollector())).toEqual({ count: 7 })
})

it('collects wrong values and unknown names of one object, in lists too', () => {
  const collector = new IssueCollector()
  const options = { count: '1', list: [{ name: 'a' }, { name: 5, nam: 'b' }] }
  expect(parseOptions(options, RULES, collector)).toBeUndefined()
  expect(collector.issues).toEqual([
    { path: 'options.count', expected: 'a number', received: 'a string (value hidden)' },
    { path: 'options.list[1].name', expected: 'a string', received: 'number 5' },
    {
      path: 'options.list[1].nam',
      expected: 'a known option (did you mean name?)',
      received: 'an unknown name',
    },
  ])
})

it('leaves wrong values out with a warning if the rules ask for it', () => {
  const collector = new IssueCollector()
  const rules = { ...RULES, wrongValues: 'ignore' } as const
  expect(parseOptions({ count: '1', tls: { ca: 'x' } }, rules, collector)).toEqual({ tls: { ca: 'x' } })
  expect(parseOptions('nothing', rules, collector)).toEqual({})
  expect(collector.issues).toEqual([])
  expect(collector.warnings).toEqual([
    'options.count: expected a number, received a string (value hidden); ignored',
    'options: expected an object, received a string (value hidden); ignored',
  ])
})
