import { askChild } from '../child.ts'
import { median } from '../median.ts'
import type { BenchOptions } from '../options.ts'
import { count } from '../report/format.ts'
import { type Aim, type Cell, cellOf, type Report, standing } from '../report/table.ts'
import { withService } from '../with-service.ts'
import { CASES } from './cases.ts'
import { measureFlagsState, measureStatePauses } from './flags-state.ts'
import type { Form, Rates, RatesSpec } from './measure-rates.ts'

const MEASUREMENT = new URL('measure-rates.ts', import.meta.url)
const FORMS: readonly Form[] = ['sync', 'promise', 'official']
const FLAGS = 10_000
/** Number of flags for states that are requested at once. */
const FLAGS_AT_ONCE = 3_000
/** Part of the limits of the synchronous form that the promise form must reach, unless the case has its own limit. */
const PROMISE_SHARE = 0.7

const millions = cellOf('millions')
const ratio = cellOf('ratio')

/** Evaluations per second of each form, in the order of the cases. */
type Medians = Readonly<Record<Form, readonly number[]>>

/** Measures the evaluation of single flags and of all flags. */
export async function benchEvaluation(options: BenchOptions, report: Report): Promise<void> {
  const spec = { flags: FLAGS, environment: 'special', changes: 0, framing: 'bulk' } as const
  await withService(spec, async (url) => {
    const medians = await measure(url, options.quick ? 3 : 7)
    report({
      id: 'evaluation',
      title: `evaluations per second, ${count(FLAGS)} flags held (promises awaited one by one)`,
      heading: [
        'case',
        'halyard sync',
        'halyard promise',
        'official',
        'sync/official',
        'promise/official',
        'halyard is',
      ],
      rows: CASES.map(({ name }, index) => [name, ...cells(medians, index)]),
      aims: CASES.flatMap((_, index) => aimsFor(medians, index)),
    })
    report(await measureFlagsState(url, options))
  })
  await withService({ ...spec, flags: FLAGS_AT_ONCE }, async (url) => {
    report(await measureStatePauses(url, options))
  })
}

async function measure(url: string, repeats: number): Promise<Medians> {
  const rates: Record<Form, Rates[]> = { sync: [], promise: [], official: [] }
  for (let round = 0; round < repeats; round++) {
    for (const form of FORMS) {
      rates[form].push(await askChild<Rates>(MEASUREMENT, { form, url } satisfies RatesSpec))
    }
  }
  const answers = new Set(Object.values(rates).flatMap((of) => of.map((rate) => rate.answers)))
  if (answers.size !== 1) throw new Error('the two SDKs do not answer the same: there is nothing to compare')
  const medians = (form: Form): readonly number[] =>
    CASES.map((_, index) => median(rates[form].map(({ perSecond }) => perSecond[index] ?? Number.NaN)))
  return { sync: medians('sync'), promise: medians('promise'), official: medians('official') }
}

function cells(medians: Medians, index: number): Cell[] {
  return [
    ...FORMS.map((form) => millions(medians[form][index] ?? Number.NaN)),
    ratio(times(medians, 'sync', index)),
    ratio(times(medians, 'promise', index)),
    // By the slower form.
    standing(1 / times(medians, 'promise', index)),
  ]
}

function aimsFor(medians: Medians, index: number): Aim[] {
  const { name = '', limit = 0, promiseLimit = limit * PROMISE_SHARE } = CASES[index] ?? {}
  return (['sync', 'promise'] as const).map((form) => ({
    what: `${name}, ${form}, faster than official`,
    value: times(medians, form, index),
    bound: 'at least',
    limit: form === 'sync' ? limit : promiseLimit,
    unit: 'x',
  }))
}

/** Factors relative to the rate of the official SDK. */
function times(medians: Medians, form: Form, index: number): number {
  return (medians[form][index] ?? Number.NaN) / (medians.official[index] ?? Number.NaN)
}
