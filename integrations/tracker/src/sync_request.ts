/** Makes the requests of identity syncs, with the visitor's ids in them. */

import { visitor } from './base/index'
import type { SyncConfig, SyncOptions } from './config'
import { Lack, mayRun } from './sync'

/** What a {token} stands for; nothing while it is not known. */
export const tokens: Record<string, () => any> = {
  anonymous_id: () => visitor._anonymousId(),
  user_id: () => visitor._userId(),
}

type Fill = (text: string, encode?: (text: string) => string) => string

/** Gives what fills tokens in. A text with one that is not known yet makes the whole request wait. */
export const prepare = async (sync: SyncConfig): Promise<Fill> => {
  await new Promise((go) => setTimeout(go)) // the event that has just been queued goes first
  const values: Record<string, string> = {}
  for (const name in tokens) values[name] = await tokens[name]()
  if (!mayRun(sync)) throw Lack.Now // withdrawn meanwhile
  return (text, encode = String) =>
    text.replace(/\{(\w+)\}/g, (token, name) => {
      if (!tokens[name]) return token
      if (!values[name]) throw Lack.Now
      return encode(values[name])
    })
}

export const address = ({ _url, _query = [] }: SyncOptions, fill: Fill) => {
  const url = new URL(fill(_url!, encodeURIComponent))
  for (const [name, value] of _query) url.searchParams.append(name, fill(value))
  return url.href
}
