/** Identity syncs that ask a vendor's function on the page for an id. */

import { attempt, dig, until, win } from './base/page'
import { askers } from './sync'

askers.callback = ({ _options, _timeoutMs }) =>
  new Promise((give) => {
    const [, owner, name] = /^(.*?)\.?([^.]+)$/.exec(_options._function!)!
    until(
      () => dig(win, owner)[name] && dig(win, owner),
      (found) => attempt(() => found[name]((value: any) => give([value]))),
      _timeoutMs,
    )
  })
