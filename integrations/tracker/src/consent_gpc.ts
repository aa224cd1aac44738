/** Honours Global Privacy Control: an opt-out of sale and sharing. */

import { win } from './base/page'
import { control, extra, judge } from './consent'

// At once, not at the start: what it refuses is not kept even for as long as the others take to speak.
if (win.navigator.globalPrivacyControl) {
  extra.gpc = true
  control._answers = judge(({ _isSaleOrSharing }) => (_isSaleOrSharing ? false : undefined))
}
