/** Makes the requests of identity syncs, with the visitor's ids in them. */

import { visitor } from './base/index'
import type { SyncOptions } from './config'
import { WAIT } from './sync'

/** What a {token} stands for; nothing while it is not known. */
export const tokens: Record<string, (() => any) | undefined> = {
  anonymous_id: () => visitor._anonymousId(),
  user_id: () => visitor._userId(),
}

/** Fills tokens in; waits, all of the request with it, for one that is not known yet. */
export const fill = async (text: string, encode: (text: string) => string = String): Promise<string> => {
  for (const token of text.match(/\{\w+\}/g) || []) {
    const find = tokens[token.slice(1, -1)]
    const value = find && (await find())
    if (find && !value) throw WAIT
    if (find) text = text.split(token).join(encode(value))
  }
  return text
}

export const address = async ({ _url, _query = [] }: SyncOptions) => {
  const url = new URL(await fill(_url!, encodeURIComponent))
  for (const [name, value] of _query) url.searchParams.append(name, await fill(value))
  await new Promise((go) => setTimeout(go)) // the event that has just been queued goes first
  return url.href
}
