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
  else if (/^(0|-1)$/.test(cookie)) {
    const is = cookie != '0' // what is not necessary was refused; -1: no consent is needed here
    codes = { necessary: true, preferences: is, statistics: is, marketing: is }
  } else cookie.replace(/(\w+):(true|false)/g, (_, name, is) => (codes[name] = is == 'true') as any)
  if (consent || cookie) say(translate(codes), hasResponse || cookie)
}

starts.push(look)
listen(win, 'CookiebotOnConsentReady CookiebotOnAccept CookiebotOnDecline', look)
