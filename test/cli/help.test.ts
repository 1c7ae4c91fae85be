import { expect, it } from 'vitest'
import { HELP_ROW, helpText } from '../../src/cli/help.ts'

it('(WA2.3) aligns options and wraps at 80 columns', () => {
  const text = helpText({
    usage: 'fly FILE [options]',
    about: [`Flies a file. ${'It takes its time. '.repeat(5).trimEnd()}`],
    sections: [
      {
        title: 'Options',
        rows: [
          ['--height METRES', `height of the flight (default 10); ${'more '.repeat(12)}`.trimEnd()],
          ['--a-form-that-is-longer-than-the-column', 'its text has a line of its own'],
          ['--silent', ''],
          HELP_ROW,
        ],
      },
    ],
    examples: ['halyard fly kite.json'],
    exitCodes: [['0', 'success']],
    page: 'docs/commands.md',
  })
  expect(text.split('\n')).toEqual([
    'Usage: halyard fly FILE [options]',
    '',
    'Flies a file. It takes its time. It takes its time. It takes its time. It takes',
    'its time. It takes its time.',
    '',
    'Options:',
    '  --height METRES  height of the flight (default 10); more more more more more',
    '                   more more more more more more more',
    '  --a-form-that-is-longer-than-the-column',
    '                   its text has a line of its own',
    '  --silent',
    '  --help           print this',
    '',
    'Examples:',
    '  halyard fly kite.json',
    '',
    'Exit codes:',
    '  0  success',
    '',
    'Documentation: docs/commands.md',
  ])
})
