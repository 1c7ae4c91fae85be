import type { Form } from './value-forms.ts'

/**
 * One row of the option table. The reader, the typed configuration, the checks and the tables of `docs/relay.md` follow from
 * it; `npm run relay-options` writes `option-types.ts` and the documentation.
 */
export interface Option {
  /** The name in a configuration file, without regard to case. */
  readonly name: string
  /** The environment variable. The variables of an environment end with its name, for example `LD_ENV_production`. */
  readonly variable: string
  /**
   * A second environment variable, which takes precedence over `variable`. Set if other programs use the name of `variable`, too:
   * then a value of the wrong form in `variable` causes only a warning.
   */
  readonly ownVariable?: string
  /**
   * The path in the options of a program and in the typed configuration, for example `history.maxSteps`. For a database it is
   * relative to `store`, for an environment to an element of `environments`. Absent if other members decide, as `tls` does for
   * `tlsEnabled`.
   */
  readonly path?: string
  readonly form: Form<unknown>
  /** The default, as the form reads it. */
  readonly default?: unknown
  /** The default that the consumer of the option applies. It is documented, but not part of the typed configuration. */
  readonly impliedDefault?: unknown
  /** The value that 0 stands for. */
  readonly zero?: unknown
  /** If set, every environment, or every object of the group in `path`, has this option. Stores check theirs in `read`. */
  readonly isRequired?: true
  /** If set, a file may contain the option several times, and all values count. */
  readonly isList?: true
  /**
   * The effect of a change at a reload: it applies at once, or every environment starts again. Default: it needs a restart.
   * By default, a change of an option of an environment starts this environment again, and a change of a database all of them.
   */
  readonly reload?: 'at once' | 'environments start again'
  /** Another option of the section without which this one has no effect, and the reason that the warning gives. */
  readonly needs?: { readonly option: string; readonly otherwise: string }
  /** One or two sentences in Markdown with units, for the documentation and the docstring of the typed configuration. */
  readonly description: string
}

/** An option of LaunchDarkly's Relay Proxy that has no effect here. */
export interface IgnoredOption {
  readonly name: string
  readonly variable?: string
  /** Why it has no effect, and what to do instead: the end of the sentence "NAME has no effect: …". */
  readonly reason: string
  /** If set, nothing is lost without it, so that a file or variable that sets it causes no warning. */
  readonly isNotNeeded?: true
}

export interface OptionSection {
  readonly title: string
  readonly options: readonly Option[]
  readonly ignored: readonly IgnoredOption[]
}

export interface Setting {
  readonly value: unknown
  /** The place for messages: a file with its line, the name of a variable, or a path in an object. */
  readonly place: string
}

export interface Section {
  readonly place: string
  /** By the name of the option in a file, in the order of the source. */
  readonly settings: ReadonlyMap<string, Setting>
}
