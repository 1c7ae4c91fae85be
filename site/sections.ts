/** A section of the sidebar. Paths begin at the root of the repository. */
export interface Section {
  readonly title: string
  /** Path of each page, and its short title in the sidebar. */
  readonly pages: Readonly<Record<string, string>>
  /** A folder whose pages follow, with their headings as titles. */
  readonly folder?: string
  /** Whether sidebars of other pages have only a link to the first page. */
  readonly isLong?: true
}

/** All pages of the site except the generated reference. A new page needs one line here, unless its section has a folder. */
export const SECTIONS: readonly Section[] = [
  {
    title: 'Start',
    pages: {
      'README.md': 'What Halyard is',
      'docs/quick-starts/README.md': 'Quick starts',
      'docs/quick-starts/without-an-account.md': 'Without an account',
      'docs/quick-starts/with-an-account.md': 'With a LaunchDarkly account',
      'docs/quick-starts/openfeature.md': 'OpenFeature',
      'docs/quick-starts/flag-server.md': 'A flag server',
      'docs/quick-starts/daemon-mode.md': 'Daemon mode with Redis',
      'docs/quick-starts/failover-testing.md': 'Testing a failover',
    },
  },
  {
    title: 'Use in an application',
    pages: {
      'docs/client.md': 'The client',
      'docs/network.md': 'TLS and proxies',
      'docs/flag-file.md': 'The flag file',
      'docs/migrating-from-launchdarkly.md': "From LaunchDarkly's SDK",
      'docs/openfeature.md': 'OpenFeature provider',
      'docs/bridge.md': "Under LaunchDarkly's SDK",
      'docs/events.md': 'Analytics events',
      'docs/hooks-and-plugins.md': 'Hooks and plugins',
      'docs/migrations.md': 'Migration flags',
      'docs/overrides.md': 'Local overrides',
      'docs/stores.md': 'Stores and daemon mode',
      'docs/big-segments.md': 'Big segments',
    },
  },
  { title: 'Examples', pages: { 'examples/README.md': 'All examples' }, folder: 'examples', isLong: true },
  {
    title: 'Run a relay',
    pages: {
      'docs/relay.md': 'The relay and its options',
      'docs/flag-server.md': 'Flag server from files',
      'docs/relay-clients.md': 'Browsers and mobile SDKs',
      'docs/ofrep.md': 'OpenFeature clients (OFREP)',
      'docs/relay-events.md': 'Events through the relay',
      'docs/auto-config.md': 'Automatic configuration',
      'docs/relay-operation.md': 'Operation',
      'docs/monitoring.md': 'Alerts and dashboard',
      'docs/relay-page.md': "The relay's page",
      'docs/containers.md': 'Containers',
      'docs/kubernetes.md': 'Kubernetes',
      'docs/behind-a-proxy.md': 'Behind a proxy',
      'docs/relay-scale.md': 'Several relays',
      'docs/relay-load.md': 'Capacity',
    },
  },
  {
    title: 'Commands',
    pages: {
      'docs/commands.md': 'All commands',
      'docs/doctor.md': 'halyard doctor',
      'docs/explain.md': 'halyard explain',
      'docs/inspect.md': 'halyard inspect',
      'docs/archive.md': 'halyard archive',
    },
  },
  {
    title: 'When things fail',
    pages: {
      'docs/failures.md': 'Behaviour in failures',
      'docs/failover-testing.md': 'Test failover',
      'docs/simulation.md': 'Simulations',
    },
  },
  {
    title: 'Measurements',
    pages: { 'docs/benchmarks.md': 'Benchmarks', 'docs/comparison.md': 'Comparison' },
  },
  {
    title: 'Project',
    pages: {
      'CHANGELOG.md': 'Changes',
      'docs/platforms.md': 'Platforms',
      'docs/versioning.md': 'Versioning',
      'docs/dependencies.md': 'Dependencies',
      'SECURITY.md': 'Security',
      'CODE_OF_CONDUCT.md': 'Code of conduct',
      'CONTRIBUTING.md': 'Contributing',
      'AGENTS.md': 'Where to start in the code',
    },
  },
  {
    title: 'Specification',
    pages: { 'docs/spec/README.md': 'Overview' },
    folder: 'docs/spec',
    isLong: true,
  },
  {
    title: 'Decisions',
    pages: { 'docs/decisions/README.md': 'Overview' },
    folder: 'docs/decisions',
    isLong: true,
  },
]
