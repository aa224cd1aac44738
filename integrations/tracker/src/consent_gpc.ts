/** Honours Global Privacy Control: an opt-out of sale and sharing. */

import { starts } from './base/index'
import { win } from './base/page'
import { change, control, extra, judge } from './consent'

starts.push(() => {
  if (!win.navigator.globalPrivacyControl) return
  extra.gpc = true
  control._answers = judge(({ _isSaleOrSharing }) => (_isSaleOrSharing ? false : undefined))
  change()
})
