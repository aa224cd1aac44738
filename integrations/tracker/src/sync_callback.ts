/** Identity syncs that ask a vendor's function on the page for an id. */

import { attempt, win } from './base/page'
import { askers, mayRun } from './sync'
import { dig } from './dig'
import { until } from './until'

askers.callback = (sync) =>
  new Promise((give) => {
    const { _options, _timeoutMs } = sync
    const [, owner, name] = /^(.*?)\.?([^.]+)$/.exec(_options._function!)!
    setTimeout(give, _timeoutMs, [])
    until(
      () => {
        const found = owner ? dig(win, owner) : win
        return mayRun(sync) && found[name] && found
      },
      (found) => attempt(() => found[name]((value: any) => give([value]))),
      _timeoutMs,
    )
  })
