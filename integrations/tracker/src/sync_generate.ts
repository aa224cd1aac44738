/** Identity syncs that make an id in the form that a vendor documents. */

import { hex, uuid } from './ids'
import { read } from './base/storage'
import { nameOf, readers } from './sync'

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

/** Never a second one: what is there stays, whoever made it, and for as long unless the sync is run again. */
readers.generate = ({ _format }, id, sync) => {
  const found = read(nameOf(sync, id))
  return found ? (sync._resync ? found : '') : make(_format!)
}
