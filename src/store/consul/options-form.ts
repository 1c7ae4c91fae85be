import { z } from 'zod'
import { SIDECAR } from '../../layout/row.ts'
import {
  authorities,
  duration,
  group,
  host,
  isPort,
  oneOf,
  port,
  sharedGroup,
  text,
  textThat,
  tlsForm,
  useForms,
  yesOrNo,
} from '../../options/forms.ts'
import { addressFault, fitsUrl, readAddress } from './address.ts'

// The HTTP client would refuse a line break in a header with an error that repeats the header.
const token = textThat(
  (value) => /^[\x21-\x7e]+$/.test(value),
  'a token of printable characters, without spaces and line breaks (files often end with a line break)',
)

/** What each option must be like. */
export const optionsForm: z.ZodType = group({
  url: z.custom((value) => typeof value === 'string' && readAddress(value, 'http') !== undefined, {
    error: ({ input }) => `the address of an agent, ${addressFault(input) ?? 'an http or https URL'}`,
  }),
  host,
  port,
  prefix: textThat(
    (value) => fitsUrl(value) && value.split('/')[0] !== SIDECAR,
    `a path without empty or dotted segments, and not below ${SIDECAR}`,
  ),
  token,
  namespace: text,
  datacenter: text,
  tls: tlsForm,
  consistency: oneOf('default', 'consistent', 'stale'),
  consulOptions: sharedGroup({
    host,
    port: z.custom((value) => isPort(Number(value)), 'the number of a port'),
    secure: yesOrNo,
    ca: authorities,
    defaults: sharedGroup({ token, dc: text, ns: text }),
  }),
  cacheTTL: duration,
  ...useForms,
})
