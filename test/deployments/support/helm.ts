import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { HELM } from './cluster-tools.ts'

export const CHART = join(import.meta.dirname, '../../../deploy/helm/halyard-relay')

/** The names of the files of values beside the chart: the cases of docs/kubernetes.md, and one with every part. */
export const CASES: readonly string[] = readdirSync(join(CHART, 'ci')).map((file) =>
  file.replace(/-values\.yaml$/, ''),
)

export const valuesOf = (name: string): string => join(CHART, 'ci', `${name}-values.yaml`)

/** An object of Kubernetes. */
export interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec?: object
  readonly data?: Readonly<Record<string, string>>
}

/** Renders the chart for a release "relay". Throws the message of Helm if it refuses the values. */
export function render(name: string, more: readonly string[] = []): readonly Manifest[] {
  const cluster = ['--kube-version', '1.34.0', '--api-versions', 'monitoring.coreos.com/v1']
  const args = ['template', 'relay', CHART, '--values', valuesOf(name), ...cluster, ...more]
  const { code, out, err } = HELM.run(args)
  if (code !== 0) throw new Error(err)
  return parseAllDocuments(out)
    .map((document): unknown => document.toJS())
    .filter((value): value is Manifest => value !== null)
}
