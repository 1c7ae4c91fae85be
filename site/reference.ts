import { join } from 'node:path'
import { Application, Comment, ReflectionKind } from 'typedoc'
import { ENTRY_POINTS, sourcesOfEntryPoints } from './entry-points.ts'
import { ROOT } from './pages.ts'
import { REFERENCE } from './reference-items.ts'

/** Writes the reference of all entry points to the stage, from the docstrings of the sources. */
export async function writeReference(): Promise<void> {
  const sources = sourcesOfEntryPoints()
  const application = await Application.bootstrapWithPlugins({
    name: 'Reference',
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: [...sources.values()].map((source) => join(ROOT, source)),
    tsconfig: join(import.meta.dirname, 'tsconfig.reference.json'),
    basePath: ROOT,
    readme: 'none',
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    sortEntryPoints: false,
    // The first five are groups of entry points, the others of classes and interfaces.
    groupOrder: [
      'Functions',
      'Classes',
      'Variables',
      'Interfaces',
      'Type Aliases',
      'Constructors',
      'Properties',
      'Accessors',
      'Methods',
    ],
    skipErrorChecking: true,
    githubPages: false,
    logLevel: 'Error',
    outputs: [{ name: 'markdown', path: REFERENCE }],
  })
  const options: Readonly<Record<string, unknown>> = {
    router: 'member',
    entryFileName: 'index',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    indexFormat: 'table',
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    propertyMembersFormat: 'table',
    typeDeclarationFormat: 'table',
    enumMembersFormat: 'table',
    tableColumnSettings: { hideSources: true, hideModifiers: true, hideInherited: true, hideOverrides: true },
    pageTitleTemplates: { index: 'Reference', module: '{name}', member: '{name}' },
  }
  for (const [name, value] of Object.entries(options)) application.options.setValue(name, value)
  const project = await application.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the sources')
  const names = [...sources.keys()]
  for (const [index, module] of project.getChildrenByKind(ReflectionKind.Module).entries()) {
    const name = String(names[index])
    module.name = name
    module.comment = new Comment([{ kind: 'text', text: String(ENTRY_POINTS[name]) }])
  }
  await application.generateOutputs(project)
}
