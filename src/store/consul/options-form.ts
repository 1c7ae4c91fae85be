import { z } from 'zod'
import { SIDECAR } from '../../layout/namespaces.ts'
import {
  duration,
  group,
  host,
  isPort,
  oneOf,
  port,
  sharedGroup,
  text,
  textThat,
  yesOrNo,
} from '../options/forms.ts'
import { useForms } from '../options/read-use.ts'
import { authorities, tlsForm } from '../options/tls-form.ts'
import { fitsUrl, readAddress } from './address.ts'

// A line break in a header would be thrown by whoever sends it, and repeated in what is thrown.
const token = textThat(
  (value) => /^[\x21-\x7e]+$/.test(value),
  'a token, printable and without spaces and line breaks (a file it was read from may end with one)',
)

/** What each option must be like. */
export const optionsForm: z.ZodType = group({
  url: textThat(
    (value) => readAddress(value, 'http') !== undefined,
    'the address of an agent, http or https, without user, password, query and fragment',
  ),
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
