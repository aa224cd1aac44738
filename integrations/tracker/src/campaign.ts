/** Keeps the campaign that a visitor came by (utm_* parameters) as context.campaign. */

import { starts } from './base/index'
import { attempt } from './base/page'
import { key, read, save } from './base/storage'
import { enrichers } from './events/context'

const name = key('campaign')
let seen = '{}'

/** Segment calls utm_campaign the campaign's name, all others what follows utm_. */
const look = () => {
  const found: Record<string, string> = {}
  new URLSearchParams(location.search).forEach((value, parameter) =>
    parameter.replace(/^utm_(.+)/, (_, field) => (found[field == 'campaign' ? 'name' : field] = value)),
  )
  const text = JSON.stringify(found)
  if (text != '{}' && text != seen) save(name, (seen = text), $._keepsCampaignDays!)
}

starts.push(look)
enrichers.push((context) => {
  look()
  context.campaign = attempt(() => JSON.parse(read(name)!))
})
