import { askChild } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import { cellOf, standing, type Table } from '../report/table.ts'
import { type Commands, type Database, describe, total } from './database.ts'
import type { Stampede, StampedeSpec } from './measure-stampede.ts'

const MEASUREMENT = new URL('measure-stampede.ts', import.meta.url)

/** A flag, and the maximum number of commands. */
const ROWS: readonly {
  readonly what: string
  readonly limit: number
  readonly of: (stampede: Stampede) => Commands
}[] = [
  { what: '1,000 of a flag', limit: 1, of: ({ evaluations }) => evaluations['bench-simple'] },
  { what: 'with one segment', limit: 2, of: ({ evaluations }) => evaluations['bench-segment'] },
  { what: 'with two prerequisites', limit: 3, of: ({ evaluations }) => evaluations['bench-prerequisites'] },
  { what: 'that is not there', limit: 1, of: ({ evaluations }) => evaluations['bench-nowhere'] },
  { what: 'that is not there, again', limit: 0, of: ({ absentAgain }) => absentAgain },
  { what: '20 states of all flags', limit: 6, of: ({ states }) => states },
]

const count = cellOf('count')

/** Measures many concurrent reads, directly after the cache expired. */
export async function measureStampede(database: Database, repeats: number): Promise<Table> {
  const stampedes: Record<ClientName, Stampede[]> = { halyard: [], official: [] }
  for (let round = 0; round < repeats; round++) {
    for (const name of ['halyard', 'official'] as const) {
      const spec: StampedeSpec = { name, redisPort: database.port }
      stampedes[name].push(await askChild<Stampede>(MEASUREMENT, spec))
    }
  }
  const of = (name: ClientName, row: (typeof ROWS)[number]): number =>
    median(stampedes[name].map((stampede) => total(row.of(stampede))))
  const took = (name: ClientName): number => median(stampedes[name].map(({ statesMs }) => statesMs))
  return {
    id: 'redis-stampede',
    title: 'commands of concurrent reads after the cache expired',
    heading: ['reads', 'halyard', 'official', 'halyard, by command', 'halyard is'],
    rows: [
      ...ROWS.map((row) => [
        row.what,
        count(of('halyard', row)),
        count(of('official', row)),
        describe(row.of(stampedes.halyard[0] as Stampede)),
        standing(of('halyard', row) / of('official', row)),
      ]),
      [
        '20 states, ms',
        count(took('halyard')),
        count(took('official')),
        '',
        standing(took('halyard') / took('official')),
      ],
    ],
    aims: [
      {
        what: '20 states of all flags, faster than official',
        value: took('official') / took('halyard'),
        bound: 'at least',
        limit: 10,
        unit: 'x',
      },
      ...ROWS.map(
        (row) =>
          ({
            what: `commands, ${row.what}`,
            value: of('halyard', row),
            bound: 'at most',
            limit: row.limit,
            unit: 'number',
          }) as const,
      ),
    ],
  }
}
