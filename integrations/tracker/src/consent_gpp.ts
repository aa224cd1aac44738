/** Reads opt-outs from an IAB GPP platform (US state privacy laws) and passes its string on. */

import { starts } from './base/index'
import { win } from './base/page'
import { extra, joinSource, judge } from './consent'
import { until } from './until'

const say = joinSource()

const look = (event: any, ok: boolean) => {
  const pingData = ok && event && event.pingData
  if (!pingData || pingData.signalStatus != 'ready') return
  extra.gpp = pingData.gppString
  extra.gppSid = pingData.applicableSections
  // A section is an object of fields, or a list of them. 1: opted out, 2: did not, 0: does not apply.
  const sections: any[] = [].concat(...(Object.values(pingData.parsedSections || {}) as any))
  say(
    judge(({ _gppFields = [] }) => {
      const said = [].concat(...sections.map((section) => [].concat(..._gppFields.map((one) => section[one])))) as number[]
      return said.includes(1) ? false : said.includes(2) || undefined
    }),
    true,
  )
}

starts.push(() =>
  until(
    () => win.__gpp,
    (api) => {
      api('addEventListener', look)
      api('ping', (pingData: any, ok: boolean) => look({ pingData }, ok))
    },
    6e4,
  ),
)
