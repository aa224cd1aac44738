/** Honours Global Privacy Control: an opt-out of sale and sharing. */

import { starts } from './base/index'
import { win } from './base/page'
import { refuseSale } from './consent'

starts.push(() => {
  if (win.navigator.globalPrivacyControl) refuseSale()
})
