/** Reads consent from Google Consent Mode (ad_storage, analytics_storage, ...). */

import { starts } from './base/index'
import { call, win } from './base/page'
import { joinSource, translate } from './consent'
import { isObject } from './objects'

const say = joinSource()
const codes: Record<string, boolean> = {}
let updated = false

const look = (entry: any) => {
  const [command, kind, given] = entry && entry[0] ? Array.from(entry as ArrayLike<any>) : []
  // A default for some regions is not for us to judge: only Google knows where the visitor is.
  if (command != 'consent' || !isObject(given) || (kind == 'default' && given.region)) return
  for (const name in given) if (/^(granted|denied)$/.test(given[name])) codes[name] = given[name] == 'granted'
  updated = updated || kind == 'update'
  say(translate(codes), updated)
}

starts.push(() => {
  const layer = (win.dataLayer = win.dataLayer || [])
  Array.from(layer).forEach(look)
  const push = layer.push
  layer.push = function (...entries: any[]) {
    const answer = push.apply(this, entries)
    entries.forEach((entry) => call(look, entry))
    return answer
  }
})
