/** What assembled files may weigh, gzip -9. A build whose files weigh more fails. */

import { gzipSync } from 'node:zlib'

const CONSENT = 'onetrust cookiebot tcf gpp gpc google_consent_mode custom_cookie'.split(' ').map((one) => 'consent_' + one)
const SYNCS = 'fetch match_pixel url_params local_storage cookie generate callback'.split(' ').map((one) => 'sync_' + one)
const OPTIONS = ['queue', 'session', 'campaign', 'click_ids', 'timezone', 'links', 'spa', 'page_on_load', 'sync_hashes']

const fetchSync = {
  provider: 'vendor', ids: ['uid'], method: 'fetch', lifetimeDays: 180, categories: ['ads'], timeoutMs: 3000,
  options: { url: 'https://sync.vendor.example/id', credentials: 1, query: [['a', '{anonymous_id}']], paths: [['uid', 'data.uid']] },
}
const cookieSync = { provider: 'meta', ids: ['fbp'], method: 'cookie', lifetimeDays: 90, categories: ['ads'], timeoutMs: 3000, options: { name: '_fbp' } }
const urlSync = { provider: 'adroll', ids: ['adct'], method: 'urlParams', lifetimeDays: 365, categories: ['ads'], timeoutMs: 3000, options: {} }
const generateSync = {
  provider: 'adroll', ids: ['first_party_cookie'], method: 'generate', lifetimeDays: 365, categories: ['ads'], timeoutMs: 3000,
  cookie: '__adroll_fpc', options: { format: '{hex:16}-{epoch_ms}' },
}
const plain = {
  writeKey: 'wk_0123456789abcdef', ingestionUrl: 'https://collect.shop.example', libraryName: 'analytics', storagePrefix: '_s2s_',
  cookies: { domain: 'shop.example', lifetimeDays: 395, sameSite: 'Lax', secure: 1 }, batchSize: 20,
}
const consent = {
  explicit: 1, before: 'hold', storageCategories: ['analytics'],
  categories: [{ code: 'analytics', cmpCodes: ['C0002'] }, { code: 'ads', cmpCodes: ['C0004'], isSaleOrSharing: 1 }],
}
const bare = ({ categories, ...sync }) => sync
const typical = { ...plain, consent, sessionMinutes: 30, keepsCampaignDays: 30, syncs: [fetchSync, cookieSync, urlSync] }

export const BUDGETS = {
  standalone: [2560, ['standalone', 'sync_url_params', 'sync_cookie', 'sync_fetch'], { ...plain, libraryName: 'syncs', syncs: [fetchSync, cookieSync, urlSync].map(bare) }],
  plain: [4096, ['events'], plain],
  typical: [6144, ['events', 'queue', 'session', 'campaign', 'timezone', 'links', 'consent_onetrust', 'sync_fetch', 'sync_cookie', 'sync_url_params'], typical],
  everything: [8192, ['events', ...OPTIONS, ...CONSENT, ...SYNCS], { ...typical, clickIds: ['gclid', 'fbclid'], keepsClickIdsDays: 90, syncs: [...typical.syncs, generateSync] }],
}

/** The literal as Python writes it: see src/config.ts. */
const literal = (value, names) =>
  Array.isArray(value)
    ? `[${value.map((one) => literal(one, names))}]`
    : typeof value === 'object'
      ? `{${Object.keys(value).map((name) => names[name] + ':' + literal(value[name], names))}}`
      : JSON.stringify(value)

export function weigh({ modules, names }, assemble) {
  for (const [name, [budget, chosen, config]] of Object.entries(BUDGETS)) {
    const text = assemble(['start', ...chosen], modules, literal(config, names))
    const size = gzipSync(text, { level: 9 }).length
    console.log(`${name}: ${size} of ${budget} bytes (${text.length} raw)`)
    if (size > budget) process.exitCode = 1
  }
}
