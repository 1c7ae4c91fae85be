// @ts-check
/** @import { FlagDetails, ItemDetails } from '../../flags/details.ts' */
/** @import { Route } from './router.js' */
/** @import { Part } from './dom.js' */
import { make, show, textLines, updateRelativeTimes } from './dom.js'
import { createExplainForm } from './explain-form.js'
import { explanationElement } from './explanation.js'
import { changesElement } from './flag-changes.js'
import { createLoader, fetchExplanation, fetchItem, refusalOf } from './flag-data.js'
import { factsElement, segmentsElement, stepsElement, usageElement, usedByElement } from './flag-parts.js'

/** Creates the details of one flag or segment. */
export function createFlagDetails() {
  const title = make('h1', 'flag-title')
  const about = make('p', 'flag-about')
  const problem = make('p', 'note')
  problem.hidden = true
  const form = createExplainForm('Explain', explain)
  const result = make('div', 'explanation-place')
  result.setAttribute('aria-live', 'polite')
  const explaining = section('Explain an evaluation', make('div', 'explain-columns', form.element, result))
  const parts = {
    steps: createPart('Targeting'),
    usage: createPart('Evaluations in the last hour'),
    changes: createPart('Last changes'),
    segments: createPart('Segments', 'half'),
    usedBy: createPart('Used by', 'half'),
    facts: createPart('Facts'),
  }
  const json = make('pre', 'flag-json')
  const jsonNote = make('p', 'muted')
  const jsonPanel = make('details', 'panel', make('summary', '', 'JSON'), json, jsonNote)
  const body = make('div', 'flag-body', parts.steps.element, explaining)
  for (const name of /** @type {const} */ (['usage', 'changes', 'segments', 'usedBy', 'facts']))
    body.append(parts[name].element)
  body.append(jsonPanel)
  const element = make('article', 'flag-details', title, about, problem, body)
  /** @type {{ environment: string, kind: 'flag' | 'segment', key: string } | undefined} */
  let item
  let hasFailed = false
  const loader = createLoader(load)

  /** @param {AbortSignal} signal */
  async function load(signal) {
    if (!item) return
    try {
      render(await fetchItem(item, signal))
      hasFailed = false
    } catch (error) {
      if (signal.aborted) return
      hasFailed = true
      const refusal = refusalOf(error)
      show(problem, [refusal ? `${refusal.message}.` : 'The relay did not answer.'])
      problem.hidden = false
      body.hidden = refusal?.status === 404
    }
  }

  /** @param {ItemDetails} details */
  function render(details) {
    if (!item) return
    const { environment } = item
    problem.hidden = details.kind !== 'deleted'
    body.hidden = false
    element.dataset.state = details.kind === 'flag' ? (details.on ? 'on' : 'off') : ''
    show(about, aboutParts(details))
    parts.changes.show(details.changes, () => changesElement(details.changes))
    const isDeleted = details.kind === 'deleted'
    jsonPanel.hidden = isDeleted
    explaining.hidden = details.kind !== 'flag'
    if (isDeleted) {
      show(problem, ['It was deleted. Its last changes are still known.'])
      for (const name of /** @type {const} */ (['steps', 'usage', 'segments', 'usedBy', 'facts']))
        parts[name].hide()
      return
    }
    parts.steps.show([details.steps, element.dataset.state], () => stepsElement(details, environment))
    parts.segments.show(details.segments, () => segmentsElement(details.segments, environment))
    parts.usedBy.show(details.usedBy, () => usedByElement(details.usedBy, environment))
    const usage = details.kind === 'flag' ? details.usage : undefined
    parts.usage.show(usage && [usage, 'variations' in details && details.variations], () =>
      usageElement(usage ?? [], details),
    )
    if (details.kind === 'flag') parts.facts.show(factsOf(details), () => factsElement(details, environment))
    else parts.facts.hide()
    show(json, textLines(details.json.text))
    show(jsonNote, details.json.isCut ? ['The JSON is cut, because it is long.'] : [])
    updateRelativeTimes()
  }

  /** @param {unknown} context */
  async function explain(context) {
    const wanted = item
    if (!wanted) return
    const request = { environment: wanted.environment, flag: wanted.key, context }
    const answer = await fetchExplanation(request, new AbortController().signal)
    if (answer.type !== 'flag' || item !== wanted) return
    const text = JSON.stringify(answer)
    if (result.dataset.shown === text) return
    result.dataset.shown = text
    result.replaceChildren(explanationElement(answer, wanted.environment))
  }

  /** @param {Route} route */
  function showRoute({ environment = '', flag = '', query }) {
    const kind = query.get('kind') === 'segment' ? 'segment' : 'flag'
    if (item?.environment === environment && item.key === flag && item.kind === kind) return loader.refresh()
    item = { environment, key: flag, kind }
    show(title, [{ name: flag }])
    show(about, [])
    body.hidden = true
    problem.hidden = true
    for (const part of Object.values(parts)) part.reset()
    form.reset()
    result.replaceChildren()
    delete result.dataset.shown
    loader.restart()
  }

  return {
    element,
    show: showRoute,
    /** Returns true if the last attempt to load failed. */
    hasFailed: () => hasFailed,
    /** Reads the counts of evaluations, which change without the data. */
    reread: loader.refresh,
    /** Reads everything again, because the data has changed. */
    refresh() {
      loader.refresh()
      form.repeat()
    },
    hide: loader.stop,
    title: () => item?.key ?? '',
  }
}

/**
 * @param {string} heading
 * @param {...Node} content
 */
function section(heading, ...content) {
  return make('section', 'flag-part', make('h2', '', heading), ...content)
}

/**
 * Creates a part of the details, which is built again only if its data has changed.
 * @param {string} heading
 * @param {string} width `half` for a part that shares a line.
 */
function createPart(heading, width = '') {
  const content = make('div', '')
  const element = section(heading, content)
  if (width) element.classList.add(width)
  let shown = ''
  return {
    element,
    /**
     * @param {unknown} data The part is hidden if it is undefined.
     * @param {() => Node} build
     */
    show(data, build) {
      element.hidden = data === undefined
      const text = JSON.stringify(data) ?? ''
      if (text === shown) return
      shown = text
      content.replaceChildren(build())
    },
    hide() {
      element.hidden = true
    },
    /** Builds the content again next time, because its links are those of another item or environment. */
    reset() {
      shown = ''
    },
  }
}

/**
 * @param {ItemDetails} details
 * @returns {Part[]}
 */
function aboutParts(details) {
  if (details.kind === 'deleted') return ['Deleted']
  const version = ` · version ${details.version}${details.overridden ? ' · from a file of overrides' : ''}`
  return details.kind === 'flag'
    ? [details.on ? 'On' : 'Off', ` · ${details.type}${version}`]
    : [details.isBig ? 'Big segment' : 'Segment', version]
}

/** @param {FlagDetails} details */
function factsOf({ variations, variationCount, off, availableTo, remarks }) {
  return { variations, variationCount, off, availableTo, remarks }
}
