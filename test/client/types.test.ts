import { expect, it } from 'vitest'
import type { Context } from '../../src/evaluation/context.ts'
import { holding, serving } from './starting.ts'

interface AppUser {
  kind: 'user'
  key: string
  email: string
}

class Account {
  readonly kind = 'user'
  readonly key = 'u'
  readonly email = 'ada@example.com'
}

it('(S146) accepts interfaces, class instances and untyped values, as the official SDK does', async () => {
  const { client } = await holding([serving('f', 'served')])
  const user: AppUser = { kind: 'user', key: 'u', email: 'ada@example.com' }
  const context: Context = user
  const first: string = await client.variation('f', user, 'x')
  const second: string = client.sync.jsonVariation('f', new Account(), 'x')
  const third: string = (await client.variationDetail('f', context, 'x')).value
  const fourth: string = (await client.allFlagsState(user)).getFlagValue('f')
  expect([first, second, third, fourth]).toEqual(Array(4).fill('served'))
})
