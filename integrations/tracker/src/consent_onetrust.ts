/** Reads consent from OneTrust (groups such as C0004). */

import { starts } from './base/index'
import { attempt, listen, win } from './base/page'
import { readCookie } from './base/storage'
import { joinSource, translate } from './consent'

const say = joinSource()

const look = () => {
  const cookie = new URLSearchParams(readCookie('OptanonConsent') || '').get('groups') || ''
  const active = String(win.OnetrustActiveGroups || '').split(',').filter(Boolean)
  const groups: Record<string, boolean> = {}
  for (const pair of cookie.split(',')) {
    const [group, is] = pair.split(':')
    if (is) groups[group] = active[0] ? active.includes(group) : is == '1'
  }
  for (const group of active) groups[group] = true
  if (!cookie && !active[0]) return
  // Where the law asks for no prior consent there may never be a banner to close.
  const model = attempt(() => win.OneTrust.GetDomainData().ConsentModel.Name) || 'opt-in'
  say(translate(groups, !cookie), readCookie('OptanonAlertBoxClosed') || model != 'opt-in')
}

starts.push(() => {
  look()
  // The event fires while OneTrust is still writing its cookies.
  listen(win, 'OneTrustGroupsUpdated', () => {
    look()
    setTimeout(look)
  })
})
