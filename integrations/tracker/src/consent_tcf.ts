/** Reads consent from an IAB TCF platform (purposes 1 to 11) and passes its string on. */

import { starts } from './base/index'
import { win } from './base/page'
import { extra, joinSource, judge } from './consent'
import { until } from './until'

const say = joinSource()

const look = (data: any, ok: boolean) => {
  if (!ok) return
  if (data.tcString) extra.tcString = data.tcString
  // Outside the GDPR's reach TCF has no opinion, and the policy decides.
  const purposes = data.gdprApplies !== false && data.purpose && data.purpose.consents
  say(
    judge(({ _tcfPurposes: wanted }) => (purposes && wanted ? wanted.every((one) => purposes[one]) : undefined)),
    data.gdprApplies === false || data.eventStatus == 'tcloaded' || data.eventStatus == 'useractioncomplete',
  )
}

starts.push(() => until(() => win.__tcfapi, (api) => api('addEventListener', 2, look), 6e4))
