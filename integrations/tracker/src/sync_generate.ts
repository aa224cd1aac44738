/** Identity syncs that make an id in the form that a vendor documents. */

import { hex, uuid } from './ids'
import { read } from './base/storage'
import { askers, nameOf } from './sync'

const make = (format: string) =>
  format.replace(/\{(\w+):?(\d*)\}/g, (token, kind, count) =>
    kind == 'hex'
      ? hex(+count)
      : kind == 'digits'
        ? Array.from(crypto.getRandomValues(new Uint8Array(+count)), (byte) => byte % 10).join('')
        : kind == 'uuid'
          ? uuid()
          : kind == 'epoch_ms'
            ? String(Date.now())
            : kind == 'epoch_s'
              ? String(Math.floor(Date.now() / 1e3))
              : token,
  )

/** Never a second one: what is there stays, whoever made it. */
askers.generate = async (sync) => [read(nameOf(sync, sync._ids[0])) || make(sync._options._format!)]
