import type { EnvironmentView, RelayView } from '../view.ts'

/**
 * The environment that a path below `/status` means: `NAME` or its `envId`, names first; `PROJ/ENV` of a project, ENV again
 * being either.
 */
export function findEnvironment(view: RelayView, path: string): EnvironmentView | undefined {
  const [first, second, ...more] = path.split('/').map(decodeURIComponent)
  if (first === undefined || more.length > 0) return undefined
  if (path.includes('/')) {
    const project = view.environments.filter(({ projKey }) => projKey === first)
    return second === undefined ? undefined : byNameOrId(project, second)
  }
  return byNameOrId(view.environments, first)
}

function byNameOrId(environments: readonly EnvironmentView[], wanted: string): EnvironmentView | undefined {
  return (
    environments.find(({ name }) => name === wanted) ?? environments.find(({ envId }) => envId === wanted)
  )
}
