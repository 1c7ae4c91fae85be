import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { describeWith } from '../support/requirements/requirement.ts'
import { HELM, MANIFEST_SCHEMAS } from './support/cluster-tools.ts'
import { CASES, CHART, type Manifest, render, valuesOf } from './support/helm.ts'

/** Kinds that belong to extensions of Kubernetes, which the schemas do not have. */
const EXTENSIONS: ReadonlySet<string | undefined> = new Set(['ServiceMonitor', 'HTTPRoute'])

const page = readFileSync(join(import.meta.dirname, '../../docs/kubernetes.md'), 'utf8')

function find(manifests: readonly Manifest[], kind: string): Manifest | undefined {
  return manifests.find((manifest) => manifest.kind === kind)
}

describeWith(HELM, 'the Helm chart', () => {
  it.each(CASES)('passes the strict lint with the values "%s"', (name) => {
    const { code, out, err } = HELM.run(['lint', '--strict', CHART, '--values', valuesOf(name)])
    expect({ code, text: out + err }).toEqual({ code: 0, text: expect.stringContaining('0 chart(s) failed') })
  })

  it.each(CASES.filter((name) => name !== 'everything'))('the page shows the values "%s"', (name) => {
    expect(page).toContain(`\`\`\`yaml\n${readFileSync(valuesOf(name), 'utf8')}\`\`\``)
  })

  it('has the version of the package as that of the application', () => {
    const { version } = JSON.parse(readFileSync(join(CHART, '../../../package.json'), 'utf8')) as {
      readonly version: string
    }
    expect(parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))).toMatchObject({ appVersion: version })
  })

  it('renders no object twice', () => {
    for (const name of CASES) {
      const manifests = render(name)
      const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it('protects several relays from an eviction of all of them, but not a single one', () => {
    expect(find(render('launchdarkly'), 'PodDisruptionBudget')).toBeDefined()
    expect(find(render('launchdarkly', ['--set', 'replicaCount=1']), 'PodDisruptionBudget')).toBeUndefined()
  })

  it('leaves the number of relays to the autoscaler', () => {
    const spec = (name: string) => find(render(name), 'Deployment')?.spec
    expect(spec('launchdarkly')).toHaveProperty('replicas', 2)
    expect(spec('public')).not.toHaveProperty('replicas')
  })

  it('selects relays, and not the pod of the test, in its services', () => {
    const manifests = render('launchdarkly')
    const { spec } = find(manifests, 'Service') as { readonly spec: { readonly selector: object } }
    const pod = find(manifests, 'Pod')
    expect(pod?.metadata.labels).not.toMatchObject(spec.selector)
    expect(find(manifests, 'Deployment')?.spec).toMatchObject({
      template: { metadata: { labels: spec.selector } },
    })
  })

  describe('refuses', () => {
    it.each([
      ['no image', ['image.repository='], 'image.repository is not set: no image is published yet.'],
      ['an image with a tag', ['image.repository=a/b:1'], 'image.repository has a tag; set image.tag'],
      ['a misspelled value', ['replicas=3'], "additional properties 'replicas' not allowed"],
      ['a value of another type', ['replicaCount=two'], "at '/replicaCount': got string, want integer"],
      ['a variable of the chart', ['relay.environment.PORT=1'], 'use the value service.port'],
      ['no environment', ['relay=null'], 'The relay has no environment.'],
      ['a short grace period', ['terminationGracePeriodSeconds=10'], 'would kill relays that still serve'],
      [
        'a secret without a key',
        ['relay.secrets[0].secretName=a', 'relay.secrets[0].envName=B'],
        "at '/relay/secrets/0': missing property 'secretKey'",
      ],
      ['a flag file of another type', ['flags.files.flags=x'], "invalid propertyName 'flags'"],
      ['the same port twice', ['admin.port=8030'], "at '/admin/port'"],
      ['an ingress without a host', ['ingress.enabled=true'], 'ingress.enabled requires ingress.hosts'],
      [
        'two sources of the file',
        ['relay.config=x', 'relay.existingConfigMap=y'],
        'relay.config and relay.existingConfigMap exclude each other',
      ],
    ])('%s', (_, settings, message) => {
      const sets = settings.flatMap((setting) => ['--set', setting])
      const { code, err } = HELM.run([
        'template',
        CHART,
        '--kube-version',
        '1.34.0',
        '--values',
        valuesOf('launchdarkly'),
        ...sets,
      ])
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(message) })
    })

    it('a ServiceMonitor in a cluster without the operator of Prometheus', () => {
      const { err } = HELM.run([
        'template',
        CHART,
        '--kube-version',
        '1.34.0',
        '--values',
        valuesOf('public'),
      ])
      expect(err).toContain('serviceMonitor.enabled requires the operator of Prometheus')
    })
  })

  describeWith(MANIFEST_SCHEMAS, 'against the schemas of Kubernetes', () => {
    let folder = ''
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'halyard-chart-'))
    })
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true })
      MANIFEST_SCHEMAS.remove()
    })

    const problemsOf = (manifests: readonly Manifest[]): readonly string[] => {
      const path = join(folder, 'manifests.yaml')
      writeFileSync(path, manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'))
      return MANIFEST_SCHEMAS.problemsOf(path)
    }

    it.each(CASES)('renders valid manifests with the values "%s"', (name) => {
      expect(problemsOf(render(name).filter(({ kind }) => !EXTENSIONS.has(kind)))).toEqual([])
    })

    it('finds an unknown field', () => {
      const [first] = render('launchdarkly')
      expect(problemsOf([{ ...first, unknown: true } as unknown as Manifest])).not.toEqual([])
    })
  })
})

it('has a file of values for each case', () => {
  expect(readdirSync(join(CHART, 'ci'))).toEqual(CASES.map((name) => `${name}-values.yaml`))
  for (const name of CASES) expect(parseAllDocuments(readFileSync(valuesOf(name), 'utf8'))).toHaveLength(1)
})
