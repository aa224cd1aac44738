/** Identity syncs that tell a vendor about the visitor and get no id back. */

import { askers } from './sync'
import { address, prepare } from './sync_request'

/** Not an image: that can't tell an empty answer (204) from none. */
askers.matchPixel = async (sync, signal) => {
  await fetch(address(sync._options, await prepare(sync)), { mode: 'no-cors', credentials: 'include', signal })
  return [true]
}
