// @ts-check
import { make } from './dom.js'
import { refusalOf } from './flag-data.js'

/** The context is kept while the page is open, for all flags. It is not in the address, because contexts are confidential. */
let contextText = JSON.stringify({ kind: 'user', key: 'example-user', country: 'de' }, undefined, 2)

let formCount = 0

/**
 * Creates a form for a context. `submit` is called with the context, and what it rejects with is shown beside the field.
 * @param {string} label The text of the button.
 * @param {(context: unknown) => Promise<void>} submit
 * @param {() => void} [clear] Called by a second button, which removes the result.
 */
export function createExplainForm(label, submit, clear) {
  const id = `context-${++formCount}`
  const input = make('textarea', 'context-input')
  input.id = id
  input.rows = 8
  input.value = contextText
  input.spellcheck = false
  input.autocomplete = 'off'
  const problem = make('p', 'field-problem')
  problem.id = `${id}-problem`
  problem.setAttribute('role', 'alert')
  problem.hidden = true
  const hint = make('p', 'field-hint', 'A context as JSON. Ctrl+Enter sends it.')
  hint.id = `${id}-hint`
  input.setAttribute('aria-describedby', `${hint.id} ${problem.id}`)
  const button = make('button', 'action', label)
  button.type = 'submit'
  const caption = make('label', '', 'Context')
  caption.htmlFor = id
  const buttons = make('div', 'actions', button)
  const element = make('form', 'explain-form', caption, input, problem, hint, buttons)
  /** @type {{ context: unknown } | undefined} */
  let submitted

  if (clear) {
    const reset = make('button', 'action plain', 'Clear')
    reset.type = 'button'
    reset.addEventListener('click', () => {
      submitted = undefined
      showProblem('')
      clear()
    })
    buttons.append(reset)
  }
  input.addEventListener('input', () => {
    contextText = input.value
    showProblem('')
  })
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) element.requestSubmit()
  })
  element.addEventListener('submit', (event) => {
    event.preventDefault()
    const parsed = parseContext(input.value)
    if ('problem' in parsed) {
      showProblem(parsed.problem)
      input.focus()
      return
    }
    submitted = parsed
    run(parsed.context)
  })

  /** @param {unknown} context */
  function run(context) {
    submit(context).then(
      () => showProblem(''),
      (error) => {
        const refusal = refusalOf(error)
        showProblem(refusal ? refusal.message : 'The relay did not answer. Try again.')
      },
    )
  }

  /** @param {string} text */
  function showProblem(text) {
    problem.textContent = text
    problem.hidden = text === ''
    if (text) input.setAttribute('aria-invalid', 'true')
    else input.removeAttribute('aria-invalid')
  }

  return {
    element,
    /** Sends the last context again, because the data has changed. */
    repeat() {
      if (submitted) run(submitted.context)
    },
    /** Forgets the last context, because another flag is shown. The text stays. */
    reset() {
      submitted = undefined
      input.value = contextText
      showProblem('')
    },
  }
}

/**
 * @param {string} text
 * @returns {{ context: unknown } | { problem: string }}
 */
function parseContext(text) {
  try {
    return { context: JSON.parse(text) }
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}
