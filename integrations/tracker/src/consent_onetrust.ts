/** Reads consent from OneTrust (groups such as C0004). */

import { starts } from './base/index'
import { attempt, win } from './base/page'
import { readCookie } from './base/storage'
import { joinSource, translate } from './consent'
import { listen } from './listen'

const say = joinSource()

const look = () => {
  // The cookie has all groups with 1 and 0, the global those that are on now: ",C0001,C0002,".
  const cookie = new URLSearchParams(readCookie('OptanonConsent')).get('groups') || ''
  const active = win.OnetrustActiveGroups || ''
  const groups: Record<string, boolean> = {}
  for (const pair of (cookie + ',' + active).split(',')) {
    const [group, is] = pair.split(':')
    if (group) groups[group] = active ? active.includes(`,${group},`) : is == '1'
  }
  // Where the law asks for no prior consent there may never be a banner to close.
  const isOptOut = () => win.OneTrust.GetDomainData().ConsentModel.Name != 'opt-in'
  if (cookie || active) say(translate(groups, !cookie), readCookie('OptanonAlertBoxClosed') || attempt(isOptOut))
}

starts.push(look)
listen(win, 'OneTrustGroupsUpdated', () => setTimeout(look)) // it fires while cookies are still being written
