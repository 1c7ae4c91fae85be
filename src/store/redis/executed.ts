import type { Client } from './connection.ts'

export type Transaction = ReturnType<Client['multi']>

/**
 * Runs a transaction: its answers, or `undefined` when a watched key had changed. Redis goes on after a command that
 * failed, and names no cause when it does not begin: the first failure is thrown either way.
 */
export async function executed(transaction: Transaction): Promise<readonly unknown[] | undefined> {
  const results = await transaction.exec().catch((failure: Error) => {
    const { previousErrors = [] } = failure as { readonly previousErrors?: readonly Error[] }
    throw previousErrors[0] ?? failure
  })
  for (const [failure] of results ?? []) if (failure) throw failure
  return results?.map(([, result]) => result)
}
