/** Reads consent from Cookiebot (preferences, statistics, marketing). */

import { starts } from './base/index'
import { win } from './base/page'
import { readCookie } from './base/storage'
import { joinSource, translate } from './consent'
import { listen } from './listen'

const say = joinSource()

const look = () => {
  const { consent, hasResponse } = win.Cookiebot || {}
  const cookie = readCookie('CookieConsent') || ''
  let codes: Record<string, boolean> = {}
  if (consent && hasResponse) codes = consent
  else if (cookie == '-1') codes = { necessary: true, preferences: true, statistics: true, marketing: true } // no consent needed here
  else cookie.replace(/(\w+):(true|false)/g, (_, name, is) => (codes[name] = is == 'true') as any)
  if (consent || cookie) say(translate(codes), hasResponse || (cookie && cookie != '0'))
}

starts.push(look)
listen(win, 'CookiebotOnConsentReady CookiebotOnAccept CookiebotOnDecline', look)
