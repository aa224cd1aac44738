/** Identity syncs that ask a vendor's function on the page for an id. */

import { attempt, win } from './base/page'
import { askers } from './sync'
import { dig } from './dig'
import { until } from './until'

askers.callback = ({ _options, _timeoutMs }) =>
  new Promise((give) => {
    const [, owner, name] = /^(.*?)\.?([^.]+)$/.exec(_options._function!)!
    setTimeout(give, _timeoutMs, [])
    until(
      () => {
        const found = owner ? dig(win, owner) : win
        return found[name] && found
      },
      (found) => attempt(() => found[name]((value: any) => give([value]))),
      _timeoutMs,
    )
  })
