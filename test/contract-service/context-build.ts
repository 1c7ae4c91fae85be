import type { FlagClient, SingleKindContext } from '../../src/index.ts'
import type { BuildParams, SingleParams } from './command-request.ts'
import { type ContextReport, reportContext } from './context-report.ts'

/** Builds a context from one part, or from several parts of different kinds. */
export function buildContext(client: FlagClient, { single, multi }: BuildParams): ContextReport {
  const parts = (single ? [single] : multi).map(contextOf)
  const [first, ...others] = parts
  if (first && others.length === 0) return reportContext(client, first)
  const kinds = new Map(parts.map(({ kind, ...members }) => [kind, members]))
  if (kinds.size < parts.length) return { error: 'two contexts of one kind' }
  return reportContext(client, { ...Object.fromEntries(kinds), kind: 'multi' as const })
}

function contextOf(params: SingleParams): SingleKindContext {
  const { kind = 'user', key, name, anonymous, private: privateAttributes, custom } = params
  return {
    ...custom,
    kind,
    key,
    ...(name !== undefined && { name }),
    ...(anonymous !== undefined && { anonymous }),
    ...(privateAttributes.length > 0 && { _meta: { privateAttributes } }),
  }
}
